//! The headers that every response of both ports has: the only place that adds them.
//!
//! `Strict-Transport-Security` is not among them: without TLS a browser ignores it, and a proxy
//! that terminates TLS adds it.

use hyper::{
    HeaderMap,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds the headers. A response that has one of the last two already keeps its own.
pub(crate) fn add_response_headers(headers: &mut HeaderMap) {
    let fixed = |text| HeaderValue::from_static(text);
    // Pages of other origins cannot embed the response.
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, fixed("same-origin"));
    // Browsers do not guess its type.
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    // Links to other sites do not show the address, which may contain the name of a private room.
    headers.insert(REFERRER_POLICY, fixed("no-referrer"));
    // Everything except files is about this moment.
    headers.entry(CACHE_CONTROL).or_insert(fixed("no-store"));
    let is_page = |value: &HeaderValue| value.as_bytes().starts_with(b"text/html");
    if headers.get(CONTENT_TYPE).is_some_and(is_page) {
        // Only files of this server, and no page may embed it. `'self'` includes WebSockets.
        let policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(fixed(policy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers: HeaderMap = lines
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        add_response_headers(&mut headers);
        headers
    }

    #[test]
    fn only_pages_have_a_content_security_policy() {
        let page = with(&[(CONTENT_TYPE, "text/html; charset=utf-8")]);
        let policy = page[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        for other in ["application/json", "text/plain; charset=utf-8"] {
            assert!(!with(&[(CONTENT_TYPE, other)]).contains_key(CONTENT_SECURITY_POLICY));
        }
    }

    #[test]
    fn a_response_may_be_cached_if_it_says_so() {
        assert_eq!(with(&[])[CACHE_CONTROL], "no-store");
        let file = with(&[(CACHE_CONTROL, "max-age=3600")]);
        assert_eq!(file[CACHE_CONTROL], "max-age=3600");
        assert_eq!(file[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
