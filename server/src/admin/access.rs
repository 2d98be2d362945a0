//! Access to the admin port: the token of its owner.

use hyper::{
    HeaderMap,
    header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
};

use crate::{
    http::{HttpProblem, ProblemKind},
    secret::Secret,
};

/// Paths that need no token: supervisors and load balancers ask for them, and the answers contain
/// no secret.
const OPEN: &[&str] = &["/livez", "/readyz"];

/// Checks the token of a request. Without a token in the options, the port is on this machine only,
/// and every request is allowed.
pub(super) fn check(token: Option<&Secret>, path: &str, headers: &HeaderMap) -> Result<(), HttpProblem> {
    let Some(token) = token.filter(|_| !OPEN.contains(&path)) else {
        return Ok(());
    };
    let detail = match bearer(headers) {
        Some(sent) if token.matches(sent) => return Ok(()),
        Some(_) => "this is not the token of the admin port (admin_token)",
        None => "the admin port needs its token (admin_token), as in: curl -H 'Authorization: Bearer TOKEN'",
    };
    let scheme = HeaderValue::from_static("Bearer realm=\"parlour admin\"");
    Err(HttpProblem::new(ProblemKind::AdminToken, detail).with(WWW_AUTHENTICATE, scheme))
}

/// Returns the token of a request, if it has exactly one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}
