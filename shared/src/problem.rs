//! The body of an HTTP error of the server (RFC 9457).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The content type.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error, as its body describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProblemDetails<'a> {
    /// The kind of error for programs, such as `/problems/not-found`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// The kind of error for people.
    pub title: Cow<'a, str>,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong with this request and how to correct it, for people.
    pub detail: Cow<'a, str>,
    /// The label `class` of `parlour_rejects_total` under which the server counts the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Cow<'a, str>>,
}

impl ProblemDetails<'_> {
    /// Returns the body as JSON.
    ///
    /// # Panics
    /// Never: strings and a number are always valid JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and a number are always valid JSON")
    }

    /// Parses a body. Returns `None` if it is not a JSON object, or a member has the wrong type.
    ///
    /// Missing members become empty, and unknown members are ignored. RFC 9457 requires this: all
    /// members are optional, and a proxy in front of the server may answer in the same format.
    #[must_use]
    pub fn from_json(body: &[u8]) -> Option<ProblemDetails<'static>> {
        // serde would also accept an array of the values.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        serde_json::from_slice(body).ok()
    }

    /// Returns the text to show to people: the detail, or the title if the detail is empty.
    #[must_use]
    pub fn sentence(&self) -> &str {
        match &*self.detail {
            "" => &self.title,
            detail => detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_round_trips() {
        let problem = ProblemDetails {
            kind: "/problems/not-found".into(),
            title: "Not found".into(),
            status: 404,
            detail: "say \"/ws\"\n".into(),
            class: Some("http_not_found".into()),
        };
        let json = problem.to_json();
        assert_eq!(
            json,
            r#"{"type":"/problems/not-found","title":"Not found","status":404,"detail":"say \"/ws\"\n","class":"http_not_found"}"#
        );
        assert_eq!(
            ProblemDetails::from_json(json.as_bytes()).as_ref(),
            Some(&problem)
        );
        assert_eq!(problem.sentence(), "say \"/ws\"\n");
    }

    #[test]
    fn missing_and_unknown_members_are_accepted() {
        let read = |body: &str| ProblemDetails::from_json(body.as_bytes());
        let proxy = read(r#"{"title":"Bad gateway","instance":"/x","errors":[1]}"#).unwrap();
        assert_eq!(
            (proxy.sentence(), proxy.status, &proxy.class),
            ("Bad gateway", 0, &None)
        );
        assert_eq!(read("{}").unwrap().sentence(), "");
        for wrong in [
            "",
            "the server is full",
            r#"{"detail":"#,
            r#"{"detail":7}"#,
            "[]",
            r#"["/problems/not-found","Not found",404,"nothing here"]"#,
            "null",
            "{}7",
            r#"{"title":"a","title":"b"}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
