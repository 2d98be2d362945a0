//! The token or ticket that a client presents with its request.

use hyper::{
    HeaderMap, Request,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
};
use parlour_shared::limits::MAX_TOKEN_BYTES;

use crate::{
    auth::Credential,
    http::{HttpProblem, ProblemKind, query_value},
};

/// The parameter of the query.
const PARAMETER: &str = "token";

/// Returns what the client presents. Errors never repeat it.
///
/// # Errors
/// The request has more than one, or one of more than 4 KiB, or one in the query although that is
/// off.
pub(super) fn presented<B>(request: &Request<B>, in_query: bool) -> Result<Option<Credential>, HttpProblem> {
    let mut all = bearer(request.headers());
    for value in request.headers().get_all(SEC_WEBSOCKET_PROTOCOL) {
        let names = value.to_str().unwrap_or_default().split(',').map(str::trim);
        all.extend(names.filter_map(Credential::from_subprotocol));
    }
    if let Some(token) = query_value(request.uri(), PARAMETER) {
        if !in_query {
            return Err(bad_request(
                "a token in the query is off, because proxies log addresses: send it in the hello, in the header \
                 Authorization or as a subprotocol; or the operator sets token_in_query",
            ));
        }
        all.push(Credential::from_text(token));
    }
    if all.iter().any(|credential| credential.len() > MAX_TOKEN_BYTES) {
        return Err(bad_request("the token is longer than 4 KiB"));
    }
    match all.len() {
        0 | 1 => Ok(all.pop()),
        _ => Err(bad_request("send only one token or ticket")),
    }
}

/// Returns the token in the header `Authorization`. Other schemes are left to proxies.
pub(super) fn bearer(headers: &HeaderMap) -> Vec<Credential> {
    let mut tokens = Vec::new();
    for value in headers.get_all(AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            tokens.push(Credential::Token(token.trim().to_owned()));
        }
    }
    tokens
}

fn bad_request(detail: &'static str) -> HttpProblem {
    HttpProblem::new(ProblemKind::BadRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, headers: &[(&str, &str)], in_query: bool) -> Result<Option<Credential>, String> {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let found = presented(&request.body(()).unwrap(), in_query);
        found.map_err(|problem| String::from_utf8(problem.into_bytes()).unwrap())
    }

    fn token(text: &str) -> Result<Option<Credential>, String> {
        Ok(Some(Credential::Token(text.to_owned())))
    }

    #[test]
    fn a_token_is_in_the_authorization_or_a_subprotocol() {
        assert_eq!(read("/ws", &[], false), Ok(None));
        assert_eq!(
            read("/ws", &[("authorization", "Bearer a.b.c")], false),
            token("a.b.c")
        );
        assert_eq!(
            read("/ws", &[("authorization", "bearer a.b.c")], false),
            token("a.b.c")
        );
        assert_eq!(read("/ws", &[("authorization", "Basic YTpi")], false), Ok(None));
        let protocols = [("sec-websocket-protocol", "parlour.v1, parlour.token.a.b.c")];
        assert_eq!(read("/ws", &protocols, false), token("a.b.c"));
        let ticket = [("sec-websocket-protocol", "parlour.ticket.t1,parlour.v1")];
        let expected = Ok(Some(Credential::Ticket("t1".to_owned())));
        assert_eq!(read("/ws", &ticket, false), expected);
    }

    #[test]
    fn a_token_in_the_query_needs_the_setting() {
        assert_eq!(read("/ws?token=a.b.c&x=1", &[], true), token("a.b.c"));
        let refused = read("/ws?token=SECRET", &[], false).unwrap_err();
        assert!(
            refused.starts_with("HTTP/1.1 400") && !refused.contains("SECRET"),
            "{refused}"
        );
        assert_eq!(read("/ws?tokens=a", &[], false), Ok(None));
    }

    #[test]
    fn two_tokens_are_refused() {
        let both = [
            ("authorization", "Bearer SECRET"),
            ("sec-websocket-protocol", "parlour.token.SECRET"),
        ];
        let refused = read("/ws", &both, false).unwrap_err();
        assert!(
            refused.starts_with("HTTP/1.1 400") && !refused.contains("SECRET"),
            "{refused}"
        );
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer a")];
        assert!(read("/ws", &twice, false).is_err());
        assert!(read("/ws?token=a", &twice[..1], true).is_err());
        let long = format!("Bearer {}", "x".repeat(4097));
        assert!(read("/ws", &[("authorization", &long)], false).is_err());
    }
}
