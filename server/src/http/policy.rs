//! The host names of the server, and the web pages that may use it: one policy for both ports.
//!
//! A web page can make a browser send requests to any address that the browser can reach. That
//! includes a server that listens on loopback only. Three headers together show such a request:
//!
//! * `Origin` contains the origin of the page. Browsers send it with WebSockets and with every
//!   `POST`, but not with an `<img>`.
//! * `Sec-Fetch-Site` shows whether the page belongs to another site. Browsers send it to `https`
//!   and loopback addresses only.
//! * `Host` contains the name of the server in the URL. With DNS rebinding, a page points its own
//!   name at this server. The browser then treats page and server as one site, and only the name
//!   shows the attack.
//!
//! [`Policy::host`] checks the host of every request. [`Policy::admits`] checks the page, as
//! required by the [`Access`] of the route. Tools such as curl send neither of the first two
//! headers, so this check allows them.

mod host;
mod origin;
mod pattern;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use hyper::{
    HeaderMap, Request, Version,
    header::{self, HeaderName, HeaderValue},
};
use thiserror::Error;
use tokio::net::TcpStream;

use super::echo::Echo;
use host::{Authority, Host};
use origin::Origin;
pub use pattern::{HostPattern, OriginPattern, PatternError};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which names and pages are allowed.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// Empty: the server's own origin, and loopback.
    origins: Vec<OriginPattern>,
    /// Allowed in addition to loopback names and the address at which a connection was accepted.
    hosts: Vec<HostPattern>,
}

/// The web pages that may send requests to a route, from the least strict rule to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Pages of all sites. The answer is the same for everyone, and the request changes nothing.
    Anyone,
    /// Pages with an origin in `allowed_origins`. Without such a list: pages of the server's own
    /// origin and of this machine.
    Players,
    /// Pages of this machine, and of the server's own origin if its name is known.
    Operators,
    /// The same pages as `Operators`, but the host name must be known for every request, including
    /// those from tools.
    ///
    /// For requests that change something or read names or chat. Otherwise a page could point its
    /// own name at a network address of the server and read the answer.
    Private,
}

/// The requested host, and the address at which the request arrived.
#[derive(Debug)]
pub(crate) struct Destination {
    /// `None`: HTTP/1.0 without a `Host`, which no browser sends.
    authority: Option<Authority>,
    /// Whether this name certainly belongs to the server. At a network address, that is certain
    /// only for configured names, loopback names and the address itself.
    known: bool,
    local: IpAddr,
}

/// The sender of a request, as far as its headers show it.
enum Requester<'a> {
    /// A tool, a person who typed the address, or a page of the server's own origin.
    SameOriginOrTool,
    /// A page of this origin.
    Page(&'a HeaderValue),
    /// A page of another site that sent no origin.
    PageWithoutOrigin,
    /// Unknown, because this header is repeated. No browser repeats it.
    Repeated(HeaderName),
}

/// Why the policy refuses a request. The text becomes the `detail` of the error.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum AccessRefusal {
    /// `Host` is missing, repeated or malformed.
    #[error("the request must have exactly one valid Host header, as in Host: localhost")]
    NoHost,
    /// The host is not a name of this server.
    #[error("the host {0} is not allowed here; if it is a name of this server, add it to allowed_hosts")]
    Host(Echo),
    /// A page of this origin may not connect to the world.
    #[error("a page of {0} may not connect here; if it is one of yours, add its origin to allowed_origins")]
    Origin(Echo),
    /// A page of another site may not connect to the world without sending its origin.
    #[error(
        "a web page on another site sent this without an Origin header: connect with `new WebSocket` in the page, \
         which sends the header; a proxy must pass it on"
    )]
    PageWithoutOrigin,
    /// A header that identifies the page is repeated.
    #[error("the header {0} is repeated, so the web page is unknown: send it once; a proxy must not add it")]
    RepeatedHeader(HeaderName),
    /// A page of another site may not send this request to the admin port.
    #[error(
        "a web page on another site sent this, perhaps without your knowledge: use curl, type the address into the \
         browser, or use a page that is served from localhost"
    )]
    Page,
}

impl Policy {
    pub(crate) fn new(origins: Vec<OriginPattern>, hosts: Vec<HostPattern>) -> Self {
        Self { origins, hosts }
    }

    /// Checks the host of a request on a connection that was accepted at `local`.
    ///
    /// The rule depends on the address of the connection, not on that of the listener: a browser on
    /// this machine reaches a listener on 0.0.0.0 over loopback, so pages can attack it there as
    /// well. Over loopback, only loopback names and configured names are allowed. At other
    /// addresses, any name is allowed until names are configured.
    pub(crate) fn host<B>(&self, request: &Request<B>, local: IpAddr) -> Result<Destination, AccessRefusal> {
        let Some(authority) = authority(request)? else {
            return Ok(Destination {
                authority: None,
                known: true,
                local,
            });
        };
        let (host, canonical) = (&authority.host, local.to_canonical());
        let known = host.is_loopback()
            || *host == Host::Address(canonical)
            || self.hosts.iter().any(|pattern| pattern.matches(host));
        if !known && (canonical.is_loopback() || !self.hosts.is_empty()) {
            return Err(AccessRefusal::Host(Echo::new(host.to_string().as_bytes())));
        }
        Ok(Destination {
            authority: Some(authority),
            known,
            local,
        })
    }

    /// Checks the page that sent a request.
    pub(crate) fn admits(
        &self,
        headers: &HeaderMap,
        to: &Destination,
        access: Access,
    ) -> Result<(), AccessRefusal> {
        let for_players = match access {
            Access::Anyone => return Ok(()),
            Access::Private if !to.known => return Err(AccessRefusal::Host(Echo::new(to.name().as_bytes()))),
            Access::Private | Access::Operators => false,
            Access::Players => true,
        };
        let origin = match requester(headers) {
            Requester::SameOriginOrTool => return Ok(()),
            Requester::Repeated(header) => return Err(AccessRefusal::RepeatedHeader(header)),
            // This includes null, which is not an origin.
            Requester::Page(_) | Requester::PageWithoutOrigin if for_players && self.is_any_origin() => {
                return Ok(());
            }
            Requester::PageWithoutOrigin if for_players => return Err(AccessRefusal::PageWithoutOrigin),
            Requester::PageWithoutOrigin => return Err(AccessRefusal::Page),
            Requester::Page(origin) => origin,
        };
        let parsed = origin.to_str().ok().and_then(Origin::parse);
        if parsed.is_some_and(|origin| self.is_allowed(&origin, to, for_players)) {
            return Ok(());
        }
        Err(match for_players {
            true => AccessRefusal::Origin(Echo::new(origin.as_bytes())),
            false => AccessRefusal::Page,
        })
    }

    fn is_any_origin(&self) -> bool {
        self.origins.iter().any(OriginPattern::is_any)
    }

    fn is_allowed(&self, origin: &Origin, to: &Destination, for_players: bool) -> bool {
        if for_players && !self.origins.is_empty() {
            return self.origins.iter().any(|pattern| pattern.matches(origin));
        }
        origin.is_loopback() || to.is_origin(origin) && (for_players || to.known)
    }
}

impl Destination {
    fn name(&self) -> String {
        let authority = self.authority.as_ref();
        authority.map_or_else(String::new, |authority| authority.host.to_string())
    }

    /// Returns whether the requested host always means the client's own machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let authority = self.authority.as_ref();
        authority.is_some_and(|authority| authority.host.is_loopback())
    }

    /// Returns the address at which the connection was accepted.
    pub(crate) fn local(&self) -> IpAddr {
        self.local
    }

    /// Returns whether this is the server's own origin.
    fn is_origin(&self, origin: &Origin) -> bool {
        let authority = self.authority.as_ref();
        authority.is_some_and(|authority| origin.is_of(authority))
    }
}

/// Returns the address at which a connection was accepted. For a broken connection it returns
/// `LOCALHOST`, which has the strictest rules.
pub(crate) fn accepted_at(stream: &TcpStream) -> IpAddr {
    let address = stream.local_addr();
    address.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip())
}

/// Returns whether a proxy forwarded this request for a client.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    })
}

/// Describes a request for the log, with the headers that the policy reads.
pub(crate) fn describe<B>(request: &Request<B>) -> String {
    let mut text = format!("{} {}", request.method(), request.uri().path());
    for name in [header::HOST, header::ORIGIN, SEC_FETCH_SITE] {
        if let Some(value) = request.headers().get(&name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            text.push_str(&format!(", {name}: {value}"));
        }
    }
    text
}

/// Returns the host of a request. The host of an absolute target has precedence over the header
/// (RFC 9112, section 3.2.2).
fn authority<B>(request: &Request<B>) -> Result<Option<Authority>, AccessRefusal> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host),
        (None, _) if request.version() == Version::HTTP_10 => None,
        _ => return Err(AccessRefusal::NoHost),
    };
    let text = match (request.uri().authority(), header) {
        (Some(target), _) => target.as_str(),
        (None, Some(header)) => header.to_str().map_err(|_| AccessRefusal::NoHost)?,
        (None, None) => return Ok(None),
    };
    Authority::parse(text).map(Some).ok_or(AccessRefusal::NoHost)
}

fn requester(headers: &HeaderMap) -> Requester<'_> {
    let repeated = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
    if let Some(name) = [header::ORIGIN, SEC_FETCH_SITE].into_iter().find(repeated) {
        return Requester::Repeated(name);
    }
    match (headers.get(header::ORIGIN), headers.get(SEC_FETCH_SITE)) {
        (Some(origin), _) => Requester::Page(origin),
        (None, Some(site)) if site != "same-origin" && site != "none" => Requester::PageWithoutOrigin,
        (None, _) => Requester::SameOriginOrTool,
    }
}
