//! Route tables, one per port, and finding the route of a request.

use hyper::{
    Method, Request, Uri,
    header::{ALLOW, HeaderValue},
};

use super::{
    echo::MAX_PARAMETER,
    policy::{Access, Destination, Policy},
    problem::{HttpProblem, ProblemKind},
};

/// The methods of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    /// `GET`, and `HEAD`: the handler is the same, and hyper omits the body.
    Get,
    /// Only `GET`: the answer may switch the protocol.
    Upgrade,
    /// `POST`.
    Post,
}

/// A row of a table. In a path, the segment `*` stands for one segment that is not empty.
#[derive(Debug)]
pub(crate) struct Route<H> {
    verb: Verb,
    path: &'static str,
    access: Access,
    handler: H,
}

/// The table of a port.
#[derive(Debug)]
pub(crate) struct Routes<H: 'static> {
    rows: &'static [Route<H>],
    unknown_access: Access,
    unknown_detail: &'static str,
}

impl<H> Route<H> {
    pub(crate) const fn get(path: &'static str, access: Access, handler: H) -> Self {
        Self::new(Verb::Get, path, access, handler)
    }

    pub(crate) const fn upgrade(path: &'static str, access: Access, handler: H) -> Self {
        Self::new(Verb::Upgrade, path, access, handler)
    }

    pub(crate) const fn post(path: &'static str, access: Access, handler: H) -> Self {
        Self::new(Verb::Post, path, access, handler)
    }

    const fn new(verb: Verb, path: &'static str, access: Access, handler: H) -> Self {
        Self {
            verb,
            path,
            access,
            handler,
        }
    }
}

impl Verb {
    fn accepts(self, method: &Method) -> bool {
        match self {
            Self::Get => method == Method::GET || method == Method::HEAD,
            Self::Upgrade => method == Method::GET,
            Self::Post => method == Method::POST,
        }
    }

    /// Returns the methods, as the header `Allow` lists them.
    fn methods(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Upgrade => "GET",
            Self::Post => "POST",
        }
    }
}

impl<H> Routes<H> {
    /// A path that is not in the table is checked with `unknown_access`, then answered with 404 and
    /// `unknown_detail`.
    pub(crate) const fn new(
        rows: &'static [Route<H>],
        unknown_access: Access,
        unknown_detail: &'static str,
    ) -> Self {
        Self {
            rows,
            unknown_access,
            unknown_detail,
        }
    }

    /// Finds the handler of a request whose host was checked with [`Policy::host`].
    ///
    /// Checks the web page that sent the request, the path, and the method. The error describes the
    /// first mistake.
    pub(crate) fn find<B>(
        &self,
        request: &Request<B>,
        policy: &Policy,
        to: &Destination,
    ) -> Result<&H, HttpProblem> {
        let path = request.uri().path();
        let rows = || self.rows.iter().filter(|row| is_at(row.path, path));
        let found = rows().find(|row| row.verb.accepts(request.method()));
        // For a wrong method the strictest rule of the path applies: a page that may not send a
        // `POST` must not learn that the path accepts one.
        let access = found
            .map(|row| row.access)
            .or(rows().map(|row| row.access).max())
            .unwrap_or(self.unknown_access);
        policy.admits(request.headers(), to, access)?;
        match found {
            Some(row) => Ok(&row.handler),
            None if rows().next().is_none() => {
                Err(HttpProblem::new(ProblemKind::NotFound, self.unknown_detail))
            }
            None => Err(wrong_method(path, rows().map(|row| row.verb))),
        }
    }

    /// Returns the methods of a path, as the header `Allow` lists them. Empty: there is no such
    /// path.
    pub(crate) fn methods(&self, path: &str) -> String {
        let rows = self.rows.iter().filter(|row| is_at(row.path, path));
        methods(rows.map(|row| row.verb))
    }

    /// Returns the paths in the table.
    #[cfg(test)]
    pub(crate) fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.rows.iter().map(|row| row.path)
    }
}

/// Returns whether a path belongs to the pattern of a row.
fn is_at(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Returns the segment of a path with this index, counted from 0 after the first slash.
pub(crate) fn segment(uri: &Uri, index: usize) -> &str {
    uri.path().split('/').nth(index + 1).unwrap_or_default()
}

/// Returns the methods of these rows, as the header `Allow` lists them.
fn methods(verbs: impl Iterator<Item = Verb>) -> String {
    verbs.map(Verb::methods).collect::<Vec<_>>().join(", ")
}

fn wrong_method(path: &str, verbs: impl Iterator<Item = Verb>) -> HttpProblem {
    let verbs: Vec<Verb> = verbs.collect();
    let allowed = methods(verbs.iter().copied());
    let mut detail = format!("this path accepts only {allowed}");
    if verbs.contains(&Verb::Post) {
        detail.push_str(&format!(", as in: curl -X POST ...{path}"));
    }
    let problem = HttpProblem::new(ProblemKind::Method, detail);
    // Names of methods are always a valid header value.
    match HeaderValue::try_from(allowed) {
        Ok(allowed) => problem.with(ALLOW, allowed),
        Err(_) => problem,
    }
}

/// Returns a parameter of the query, of at most [`MAX_PARAMETER`] characters. As in forms, a plus
/// means a space.
pub(crate) fn parameter(uri: &Uri, name: &str) -> Result<String, HttpProblem> {
    optional_parameter(uri, name)?
        .ok_or_else(|| bad_parameter(format!("the parameter {name} is missing: add ?{name}=...")))
}

/// Like [`parameter`], but the parameter may be missing.
pub(crate) fn optional_parameter(uri: &Uri, name: &str) -> Result<Option<String>, HttpProblem> {
    match query_value(uri, name) {
        // Errors repeat the value.
        Some(value) if value.chars().count() > MAX_PARAMETER => Err(bad_parameter(format!(
            "the parameter {name} has more than {MAX_PARAMETER} characters"
        ))),
        value => Ok(value),
    }
}

/// Returns a parameter of the query, however long it is.
pub(crate) fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn bad_parameter(detail: String) -> HttpProblem {
    HttpProblem::new(ProblemKind::BadParameter, detail)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::rejection::Rejection;

    static TABLE: Routes<&str> = Routes::new(
        &[
            Route::get("/", Access::Anyone, "first page"),
            Route::upgrade("/ws", Access::Players, "the world"),
            Route::get("/note", Access::Operators, "read"),
            Route::post("/note", Access::Private, "write"),
            Route::post("/notes/*/burn", Access::Private, "burn"),
        ],
        Access::Operators,
        "nothing here",
    );

    fn find(method: &str, path: &str, page: &str) -> Result<&'static str, HttpProblem> {
        find_at("localhost", Ipv4Addr::LOCALHOST, method, path, page)
    }

    fn find_at(
        host: &str,
        local: Ipv4Addr,
        method: &str,
        path: &str,
        page: &str,
    ) -> Result<&'static str, HttpProblem> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", host);
        if !page.is_empty() {
            request = request.header("origin", page);
        }
        let request = request.body(()).unwrap();
        let policy = Policy::default();
        let to = policy.host(&request, local.into())?;
        TABLE.find(&request, &policy, &to).copied()
    }

    #[test]
    fn a_route_is_found_by_method_and_whole_path() {
        for (method, path, handler) in [
            ("GET", "/", "first page"),
            ("HEAD", "/", "first page"),
            ("GET", "/ws?x=y", "the world"),
            ("GET", "/note", "read"),
            ("HEAD", "/note", "read"),
            ("POST", "/note?a", "write"),
        ] {
            assert_eq!(find(method, path, "").unwrap(), handler, "{method} {path}");
        }
        for path in ["/note/", "/notes", "/NOTE", "//", "/%6eote", "/ws/.."] {
            assert_eq!(
                find("GET", path, "").unwrap_err().class(),
                Some(Rejection::NotFound)
            );
        }
    }

    #[test]
    fn a_star_in_the_path_of_a_route_stands_for_one_segment() {
        assert_eq!(find("POST", "/notes/main.2/burn", "").unwrap(), "burn");
        for path in [
            "/notes//burn",
            "/notes/burn",
            "/notes/a/b/burn",
            "/notes/a/burn/",
            "/notes/a",
        ] {
            let problem = find("POST", path, "").unwrap_err();
            assert_eq!(problem.class(), Some(Rejection::NotFound), "{path}");
        }
        let uri: Uri = "/notes/main.2/burn?x=1".parse().unwrap();
        assert_eq!((segment(&uri, 1), segment(&uri, 7)), ("main.2", ""));
    }

    #[test]
    fn a_wrong_method_is_answered_with_the_allowed_ones() {
        for (method, path, allow) in [
            ("POST", "/", "GET, HEAD"),
            ("OPTIONS", "/", "GET, HEAD"),
            ("HEAD", "/ws", "GET"),
            ("DELETE", "/note", "GET, HEAD, POST"),
        ] {
            let problem = find(method, path, "").unwrap_err();
            assert_eq!(problem.class(), Some(Rejection::BadMethod));
            assert_eq!(problem.into_answer().headers()["allow"], allow, "{method} {path}");
        }
    }

    #[test]
    fn a_refused_page_does_not_learn_which_paths_exist() {
        let refused = |method, path| {
            find(method, path, "https://evil.example")
                .err()
                .and_then(|problem| problem.class())
        };
        assert_eq!(refused("GET", "/"), None);
        assert_eq!(refused("DELETE", "/"), Some(Rejection::BadMethod));
        for (method, path) in [
            ("GET", "/ws"),
            ("POST", "/note"),
            ("DELETE", "/note"),
            ("GET", "/x"),
        ] {
            assert_eq!(refused(method, path), Some(Rejection::Origin), "{method} {path}");
        }
    }

    #[test]
    fn a_wrong_method_is_checked_by_the_strictest_rule_of_the_path() {
        // `GET /note` allows any name at an address of the network, and `POST /note` does not.
        let network = Ipv4Addr::new(192, 168, 1, 10);
        let class = |host, method| {
            find_at(host, network, method, "/note", "")
                .err()
                .and_then(|problem| problem.class())
        };
        assert_eq!(class("evil.example", "GET"), None);
        for method in ["POST", "DELETE", "OPTIONS"] {
            assert_eq!(class("evil.example", method), Some(Rejection::Host), "{method}");
        }
        assert_eq!(class("192.168.1.10", "DELETE"), Some(Rejection::BadMethod));
    }

    #[test]
    fn parameters_are_parsed_as_in_forms() {
        let value = |query: &str| parameter(&format!("/x?{query}").parse().unwrap(), "player").ok();
        assert_eq!(value("player=Ada+L%2B1").as_deref(), Some("Ada L+1"));
        assert_eq!(value("x=1&player=a%20b%C3%A9").as_deref(), Some("a bé"));
        assert_eq!(value("player=").as_deref(), Some(""));
        assert_eq!(value("player").as_deref(), Some(""));
        assert_eq!(value("player=a&player=b").as_deref(), Some("a"));
        for wrong in ["", "players=1", "Player=1"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_error_for_a_long_parameter_does_not_repeat_the_value() {
        let value = |count| {
            parameter(
                &format!("/x?player={}", "%c3%a9".repeat(count)).parse().unwrap(),
                "player",
            )
        };
        assert_eq!(value(MAX_PARAMETER).unwrap().chars().count(), MAX_PARAMETER);
        let problem = value(MAX_PARAMETER + 1).unwrap_err().into_bytes();
        assert!(
            problem.len() < 512 && !problem.contains(&0xc3),
            "{}",
            problem.len()
        );
    }
}
