//! Which web pages may connect. Without this any page could use a visitor's network position and be that visitor.

use std::net::IpAddr;

use hyper::{HeaderMap, header};

/// The origins that are allowed.
#[derive(Debug)]
pub(super) enum Origins {
    Any,
    /// The server's own host, and loopback.
    Own,
    Listed(Vec<String>),
}

impl Origins {
    /// From the configuration: empty, `*`, or a list as `https://example.org`.
    pub(super) fn new(allowed: &[String]) -> Self {
        if allowed.is_empty() {
            Self::Own
        } else if allowed.iter().any(|origin| origin == "*") {
            Self::Any
        } else {
            let clean = |origin: &String| origin.trim_end_matches('/').to_ascii_lowercase();
            Self::Listed(allowed.iter().map(clean).collect())
        }
    }

    /// Whether a request with these headers may go on. Who sends no origin is no browser.
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return true,
            (Some(origin), None) => origin,
            (Some(_), Some(_)) => return false,
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let origin = origin.to_ascii_lowercase();
        match self {
            Self::Any => true,
            Self::Listed(allowed) => allowed.contains(&origin),
            Self::Own => {
                let Some((_, authority)) = origin.split_once("://") else {
                    return false;
                };
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) || is_loopback(authority)
            }
        }
    }
}

/// Whether a host, with or without a port, is this machine itself.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']').map_or("", |(address, _)| address),
        None => authority.split(':').next().unwrap_or(""),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn allows(allowed: &[&str], origin: &str, host: &str) -> bool {
        let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        Origins::new(&allowed).allow(&headers)
    }

    #[test]
    fn by_default_the_own_host_and_loopback() {
        let allows = |origin, host| allows(&[], origin, host);
        assert!(allows("https://Play.example.org", "play.example.org"));
        assert!(allows("http://127.0.0.1:8000", "127.0.0.1:7373"));
        assert!(allows("http://localhost:8000", "127.0.0.1:7373"));
        assert!(allows("http://[::1]:8000", "127.0.0.1:7373"));
        assert!(!allows("https://evil.org", "play.example.org"));
        assert!(!allows("https://play.example.org.evil.org", "play.example.org"));
        assert!(!allows("http://localhost.evil.org", "127.0.0.1:7373"));
        assert!(!allows("null", "127.0.0.1:7373"));
    }

    #[test]
    fn a_list_is_the_whole_list() {
        let list = &["https://a.org/", "https://b.org"];
        assert!(allows(list, "https://A.org", "x"));
        assert!(!allows(list, "https://c.org", "c.org"));
        assert!(!allows(list, "http://a.org", "x"));
        assert!(allows(&["*"], "null", "x"));
    }

    #[test]
    fn no_origin_is_fine_and_two_are_not() {
        let mut headers = HeaderMap::new();
        assert!(Origins::new(&[]).allow(&headers));
        headers.append(header::ORIGIN, HeaderValue::from_static("http://localhost"));
        headers.append(header::ORIGIN, HeaderValue::from_static("http://localhost"));
        assert!(!Origins::new(&["*".into()]).allow(&headers));
    }
}
