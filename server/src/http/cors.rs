//! Cross-origin requests (CORS): pages of other origins may use the routes below `/api/`, if they
//! may also connect (`allowed_origins`).
//!
//! Before a request that a form could not send, a browser asks with `OPTIONS`, which is called a
//! preflight. The answer names the methods and headers that the page may use. The answers to the
//! requests themselves name the origin, or the page cannot read them. Cookies are never involved.

use hyper::{
    HeaderMap, Method, Request, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue,
        ORIGIN, VARY,
    },
};

use super::{
    answer::Answer,
    policy::{Access, Destination, Policy},
    problem::HttpProblem,
};

/// The paths that pages of other origins may use.
const SHARED: &str = "/api/";
/// The headers that pages may send.
const HEADERS: &str = "authorization, content-type";
/// The headers of answers that pages may read, besides those that they always may.
const EXPOSED: &str = "retry-after";
/// The time in seconds for which a browser remembers the answer to a preflight. The longest time
/// that Chrome accepts is two hours.
const MAX_AGE: &str = "600";

/// Returns the answer to a preflight, or `None` if the request is not one. `methods` are those of
/// the path; if there are none, the path does not exist, and the route table answers.
pub(crate) fn preflight<B>(
    request: &Request<B>,
    policy: &Policy,
    to: &Destination,
    methods: &str,
) -> Option<Result<Answer, HttpProblem>> {
    let headers = request.headers();
    let is_preflight = request.method() == Method::OPTIONS
        && is_shared(request)
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let methods = HeaderValue::from_str(methods)
        .ok()
        .filter(|methods| !methods.is_empty());
    let methods = methods.filter(|_| is_preflight)?;
    if let Err(refusal) = policy.admits(headers, to, Access::Players) {
        return Some(Err(refusal.into()));
    }
    let mut answer = Answer::default();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let added = answer.headers_mut();
    added.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    added.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    added.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    Some(Ok(answer))
}

/// The pages that may read the answer to a request, an error or not.
pub(crate) struct Sharing {
    /// Whether the path is one that pages of other origins may use.
    is_shared: bool,
    /// The origin of the page, if it may read the answer.
    origin: Option<HeaderValue>,
}

impl Sharing {
    /// `to` is `None` if the policy does not allow the host of the request.
    pub(crate) fn of<B>(request: &Request<B>, policy: &Policy, to: Option<&Destination>) -> Self {
        let (is_shared, headers) = (is_shared(request), request.headers());
        let may_read = |to| policy.admits(headers, to, Access::Players).is_ok();
        let origin = headers
            .get(ORIGIN)
            .filter(|_| is_shared && to.is_some_and(may_read));
        Self {
            is_shared,
            origin: origin.cloned(),
        }
    }

    /// Adds the headers to the answer.
    pub(crate) fn add_to(self, answer: &mut HeaderMap) {
        if self.is_shared {
            // The answer to a request without an origin also depends on the origin: a cache must
            // not give it to a page.
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.origin {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

fn is_shared<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(SHARED)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PAGE: &str = "https://game.example";

    fn policy() -> Policy {
        Policy::new(vec![PAGE.parse().unwrap()], Vec::new())
    }

    fn request(method: &str, path: &str, lines: &[(&str, &str)]) -> (Request<()>, Destination) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost");
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let to = policy().host(&request, Ipv4Addr::LOCALHOST.into()).unwrap();
        (request, to)
    }

    fn ask(
        method: &str,
        path: &str,
        lines: &[(&str, &str)],
        methods: &str,
    ) -> Option<Result<Answer, HttpProblem>> {
        let (request, to) = request(method, path, lines);
        preflight(&request, &policy(), &to, methods)
    }

    fn shared(path: &str, lines: &[(&str, &str)]) -> HeaderMap {
        let (request, to) = request("POST", path, lines);
        let mut headers = HeaderMap::new();
        Sharing::of(&request, &policy(), Some(&to)).add_to(&mut headers);
        headers
    }

    #[test]
    fn a_preflight_of_an_allowed_page_is_answered_with_methods_and_headers() {
        let lines = [("origin", PAGE), ("access-control-request-method", "POST")];
        let answer = ask("OPTIONS", "/api/tickets", &lines, "POST").unwrap().unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(answer.headers()["access-control-allow-methods"], "POST");
        let headers = answer.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(headers.contains("authorization"), "{headers}");
    }

    #[test]
    fn a_preflight_of_another_page_is_rejected() {
        let lines = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "POST"),
        ];
        let problem = ask("OPTIONS", "/api/tickets", &lines, "POST")
            .unwrap()
            .unwrap_err();
        assert_eq!(problem.into_answer().status(), 403);
    }

    #[test]
    fn other_requests_are_not_preflights() {
        let lines = [("origin", PAGE), ("access-control-request-method", "POST")];
        assert!(ask("POST", "/api/tickets", &lines, "POST").is_none());
        assert!(ask("OPTIONS", "/ws", &lines, "GET").is_none());
        assert!(ask("OPTIONS", "/api/nothing", &lines, "").is_none());
        assert!(ask("OPTIONS", "/api/tickets", &lines[..1], "POST").is_none());
        assert!(ask("OPTIONS", "/api/tickets", &lines[1..], "POST").is_none());
    }

    #[test]
    fn only_allowed_pages_may_read_answers_and_caches_keep_them_apart() {
        let answer = shared("/api/tickets", &[("origin", PAGE)]);
        assert_eq!(answer["access-control-allow-origin"], PAGE);
        assert_eq!(answer["vary"], "Origin");
        for lines in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[],
        ] {
            let answer = shared("/api/tickets", lines);
            assert!(!answer.contains_key("access-control-allow-origin"), "{lines:?}");
            assert_eq!(answer["vary"], "Origin");
        }
        assert!(shared("/ws", &[("origin", PAGE)]).is_empty());
    }

    #[test]
    fn cookies_are_never_allowed() {
        assert!(
            !shared("/api/tickets", &[("origin", PAGE)]).contains_key("access-control-allow-credentials")
        );
    }
}
