//! The addresses of clients behind proxies.
//!
//! A connection from a proxy has the address of the proxy. The proxy can report the address of its
//! client in a header of the request ([`client_of_request`]), or in front of the first byte of the
//! connection ([`ProxyHeader`]). Anyone can send both. So the server believes only the proxies that
//! its owner trusts ([`TrustedProxy`]).
//!
//! | module | holds |
//! |---|---|
//! | `trusted` | the addresses and networks of trusted proxies |
//! | `address` | the address of a client, as proxies write it |
//! | `forwarded` | the headers `Forwarded` (RFC 7239) and `X-Forwarded-For` |
//! | `proxy_header` | the PROXY protocol, version 1 (text) and version 2 (binary) |
//!
//! Everything here is a function of its arguments: the edge reads the sockets.

mod address;
mod forwarded;
mod proxy_header;
mod trusted;

pub use address::ClientAddress;
pub use forwarded::{ForwardedError, ReportedClient, client_of_request};
pub(crate) use proxy_header::looks_like_proxy_header;
pub use proxy_header::{MAX_PROXY_HEADER, ProxyHeader, ProxyHeaderError, parse_proxy_header};

pub use trusted::{TrustedProxy, TrustedProxyError, is_trusted};
