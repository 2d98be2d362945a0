//! Names under which the server may be reached, and web pages that may use it: one policy for both ports.
//!
//! A web page can make a browser send requests to any address that the browser can reach. That includes a server that
//! listens on loopback only. Three headers together show such a request:
//!
//! * `Origin` names the page. Browsers send it with WebSockets and with every `POST`, but not with an `<img>`.
//! * `Sec-Fetch-Site` says whether the page is from another site. Browsers send it to `https` and loopback addresses only.
//! * `Host` is the name in the request. With DNS rebinding a page points its own name at this server. The browser then
//!   takes page and server for one site, and only the name is wrong.
//!
//! Tools such as curl send neither of the first two, and may do everything.

mod host;
mod origin;
mod pattern;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use hyper::{
    HeaderMap, Request, StatusCode, Version,
    header::{self, HeaderName, HeaderValue},
};
use thiserror::Error;
use tokio::net::TcpStream;

use host::{Authority, Host};
use origin::Origin;
pub use pattern::{HostPattern, OriginPattern, PatternError};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Which names and pages are allowed.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// Empty: the server's own origin, and loopback.
    origins: Vec<OriginPattern>,
    /// Besides loopback names and the address that the connection was accepted at.
    hosts: Vec<HostPattern>,
}

/// What a request was addressed to.
#[derive(Debug)]
pub(crate) struct Addressed {
    /// None: HTTP/1.0 without a `Host`, which no browser sends.
    authority: Option<Authority>,
    /// Whether this name is certainly the server's. At an address of the network a name must be configured for that.
    known: bool,
}

/// Why a request is refused. The text is the answer.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// `Host` is missing, repeated or malformed.
    #[error("the request must name its host once, as in Host: localhost")]
    NoHost,
    /// The name is not the server's.
    #[error("the host {0:?} is not allowed here; if it is a name of this server, add it to allowed_hosts")]
    Host(String),
    /// The page may not connect to the world.
    #[error("a page of {0:?} may not connect here; if it is one of yours, add its origin to allowed_origins")]
    Origin(String),
    /// The page may not use the admin port.
    #[error(
        "a web page on another site sent this, perhaps without your knowledge: use curl, type the address into the \
         browser, or use a page that is served from localhost"
    )]
    Page,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NoHost => StatusCode::BAD_REQUEST,
            Self::Host(_) | Self::Origin(_) | Self::Page => StatusCode::FORBIDDEN,
        }
    }
}

impl Policy {
    pub(crate) fn new(origins: Vec<OriginPattern>, hosts: Vec<HostPattern>) -> Self {
        Self { origins, hosts }
    }

    /// Judges the name in a request, on a connection that was accepted at `local`.
    ///
    /// The address of the connection decides, not the address of the listener. A browser on this machine reaches a
    /// listener on 0.0.0.0 over loopback, so pages can attack it there as well. Over loopback only loopback names and
    /// configured names are the server's. At other addresses any name may be, until names are configured.
    pub(crate) fn host<B>(&self, request: &Request<B>, local: IpAddr) -> Result<Addressed, Refusal> {
        let Some(authority) = authority(request)? else {
            return Ok(Addressed {
                authority: None,
                known: true,
            });
        };
        let (host, local) = (&authority.host, local.to_canonical());
        let known = host.is_loopback()
            || *host == Host::Address(local)
            || self.hosts.iter().any(|pattern| pattern.matches(host));
        if !known && (local.is_loopback() || !self.hosts.is_empty()) {
            return Err(Refusal::Host(host.to_string()));
        }
        Ok(Addressed {
            authority: Some(authority),
            known,
        })
    }

    /// Judges the page that connects to the world. A request without an origin does not come from a browser.
    pub(crate) fn page(&self, headers: &HeaderMap, to: &Addressed) -> Result<(), Refusal> {
        let Some(text) = origin(headers).map_err(|_| Refusal::Origin("several origins".into()))? else {
            return Ok(());
        };
        // This includes null, which is no origin.
        if self.origins.iter().any(OriginPattern::is_any) {
            return Ok(());
        }
        let origin = text.to_str().ok().and_then(Origin::parse);
        let allowed = origin.is_some_and(|origin| match self.origins.as_slice() {
            [] => origin.is_loopback() || to.is_origin(&origin),
            allowed => allowed.iter().any(|pattern| pattern.matches(&origin)),
        });
        let refusal = || Refusal::Origin(String::from_utf8_lossy(text.as_bytes()).into_owned());
        allowed.then_some(()).ok_or_else(refusal)
    }

    /// Judges a request to the admin port. A `private` one needs a known name as well: otherwise a page could point its
    /// name at an address of the network and read the answer.
    pub(crate) fn admin<B>(&self, request: &Request<B>, local: IpAddr, private: bool) -> Result<(), Refusal> {
        let to = self.host(request, local)?;
        if private && !to.known {
            return Err(Refusal::Host(to.name()));
        }
        let allowed = match origin(request.headers()).map_err(|_| Refusal::Page)? {
            Some(origin) => {
                let origin = origin.to_str().ok().and_then(Origin::parse);
                origin.is_some_and(|origin| origin.is_loopback() || to.known && to.is_origin(&origin))
            }
            None => is_own_or_none(request.headers()),
        };
        allowed.then_some(()).ok_or(Refusal::Page)
    }
}

impl Addressed {
    fn name(&self) -> String {
        let authority = self.authority.as_ref();
        authority.map_or_else(String::new, |authority| authority.host.to_string())
    }

    /// Whether a client on this machine asked for it by a name that only this machine has.
    pub(crate) fn is_loopback(&self) -> bool {
        let authority = self.authority.as_ref();
        authority.is_some_and(|authority| authority.host.is_loopback())
    }

    /// Whether the origin is this server's own.
    fn is_origin(&self, origin: &Origin) -> bool {
        let authority = self.authority.as_ref();
        authority.is_some_and(|authority| origin.is_of(authority))
    }
}

/// The address at which a connection was accepted. A connection that is broken already gets the strictest rules.
pub(crate) fn accepted_at(stream: &TcpStream) -> IpAddr {
    let address = stream.local_addr();
    address.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip())
}

/// Marks an answer: pages of other origins cannot embed it, and browsers do not guess its type.
pub(crate) fn seal(headers: &mut HeaderMap) {
    let own = HeaderValue::from_static("same-origin");
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, own);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
}

/// Whether a proxy says that it passes the request on for somebody else.
pub(crate) fn is_passed_on(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    })
}

/// A request for a line of the log, with the headers that the policy reads.
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

/// The host that a request names. That of an absolute target counts before the header (RFC 9112, section 3.2.2).
fn authority<B>(request: &Request<B>) -> Result<Option<Authority>, Refusal> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host),
        (None, _) if request.version() == Version::HTTP_10 => None,
        _ => return Err(Refusal::NoHost),
    };
    let text = match (request.uri().authority(), header) {
        (Some(target), _) => target.as_str(),
        (None, Some(header)) => header.to_str().map_err(|_| Refusal::NoHost)?,
        (None, None) => return Ok(None),
    };
    Authority::parse(text).map(Some).ok_or(Refusal::NoHost)
}

/// There are several origins, which no browser sends.
struct Repeated;

fn origin(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Repeated> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (_, Some(_)) => Err(Repeated),
        (origin, None) => Ok(origin),
    }
}

/// Whether a request without an origin comes from this server's own pages, from the user, or not from a browser.
fn is_own_or_none(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    match (sites.next(), sites.next()) {
        (None, _) => true,
        (Some(site), None) => site == "same-origin" || site == "none",
        _ => false,
    }
}
