//! The settings of tokens, guests and users.

use std::time::Duration;

use super::{ParseResult, Section, Setting, SettingKind, set};
use crate::{
    auth::{GuestMode, HttpUrl, MAX_USER_BYTES, WhenCheckFails},
    config::value::{list, on_or_off, path_or, show_list, show_path_or, show_time, time},
};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "guests",
        section: Section::Access,
        form: "auto|on|off",
        help: "Whether clients without a token may connect. auto: only if the server listens on a loopback \
               address and has no keys for tokens",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.guests, guests),
        show: |settings| {
            let text = match settings.auth.guests {
                GuestMode::Auto => "auto",
                GuestMode::On => "on",
                GuestMode::Off => "off",
            };
            text.to_owned()
        },
    },
    Setting {
        name: "token_keys",
        section: Section::Access,
        form: "PATH|none",
        help: "A file with keys that verify tokens, or a directory with such files: a JWK or a JWK set, a \
               public key in PEM, or a secret in a file whose name ends with .secret",
        kind: SettingKind::PathOr("none"),
        also: None,
        apply: set!(auth.token_keys, |text| path_or(
            "none",
            "a file or a directory",
            text
        )),
        show: |settings| show_path_or("none", settings.auth.token_keys.as_ref()),
    },
    Setting {
        name: "jwks_url",
        section: Section::Access,
        form: "URL|none",
        help: "The address of a JWK set with keys that verify tokens. It is fetched at the start, every 10 \
               minutes, and if a token has an unknown key, but at most once a minute. While that fails, the \
               last good keys are used",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.jwks_url, url),
        show: |settings| show_url(settings.auth.jwks_url.as_ref()),
    },
    Setting {
        name: "token_issuer",
        section: Section::Access,
        form: "ISSUER,...",
        help: "The issuers whose tokens are accepted: the claim iss must be one of them",
        kind: SettingKind::List,
        also: None,
        apply: set!(auth.rules.issuers, names),
        show: |settings| show_list(&settings.auth.rules.issuers),
    },
    Setting {
        name: "token_audience",
        section: Section::Access,
        form: "AUDIENCE,...",
        help: "The audiences whose tokens are accepted: the claim aud must be, or contain, one of them",
        kind: SettingKind::List,
        also: None,
        apply: set!(auth.rules.audiences, names),
        show: |settings| show_list(&settings.auth.rules.audiences),
    },
    Setting {
        name: "token_type",
        section: Section::Access,
        form: "TYPE|any",
        help: "The typ that the header of a token must have, such as parlour+jwt. any: it is not checked",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.rules.token_type, token_type),
        show: |settings| {
            let wanted = settings.auth.rules.token_type.clone();
            wanted.unwrap_or_else(|| "any".to_owned())
        },
    },
    Setting {
        name: "token_leeway",
        section: Section::Access,
        form: "TIME",
        help: "The time by which the clocks of the server and of the issuer may differ",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.rules.leeway, |text| time(text, Duration::ZERO..=MAX_LEEWAY)),
        show: |settings| show_time(settings.auth.rules.leeway),
    },
    Setting {
        name: "token_in_query",
        section: Section::Access,
        form: "on|off",
        help: "Whether a token may be in the query of the address, as in /ws?token=TOKEN. Proxies and \
               browsers keep addresses in logs and histories, so use it only for clients that can do nothing \
               else",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.token_in_query, on_or_off),
        show: |settings| if settings.auth.token_in_query { "on" } else { "off" }.to_owned(),
    },
    Setting {
        name: "banned_users",
        section: Section::Access,
        form: "USER,...",
        help: "The users that may not connect, by the claim sub of their tokens",
        kind: SettingKind::List,
        also: None,
        apply: set!(auth.banned_users, users),
        show: |settings| show_list(&settings.auth.banned_users),
    },
    Setting {
        name: "user_check_url",
        section: Section::Access,
        form: "URL|none",
        help: "The address that is asked whether a user may connect, with a POST of {\"user\":\"SUB\"}. It \
               answers 200 or 204 if so, and 403 or 404 if not, within 2 s. Answers are kept for 30 s",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.user_check_url, url),
        show: |settings| show_url(settings.auth.user_check_url.as_ref()),
    },
    Setting {
        name: "when_user_check_fails",
        section: Section::Access,
        form: "refuse|allow",
        help: "What happens if user_check_url does not answer. refuse: the client must try again later. \
               allow: it may connect",
        kind: SettingKind::Text,
        also: None,
        apply: set!(auth.when_user_check_fails, refuse_or_allow),
        show: |settings| {
            let text = match settings.auth.when_user_check_fails {
                WhenCheckFails::Refuse => "refuse",
                WhenCheckFails::Allow => "allow",
            };
            text.to_owned()
        },
    },
];

const MAX_LEEWAY: Duration = Duration::from_secs(60);

fn guests(text: &str) -> ParseResult<GuestMode> {
    match text {
        "auto" => Ok(GuestMode::Auto),
        "on" => Ok(GuestMode::On),
        "off" => Ok(GuestMode::Off),
        _ => Err("auto, on or off".to_owned()),
    }
}

fn refuse_or_allow(text: &str) -> ParseResult<WhenCheckFails> {
    match text {
        "refuse" => Ok(WhenCheckFails::Refuse),
        "allow" => Ok(WhenCheckFails::Allow),
        _ => Err("refuse or allow".to_owned()),
    }
}

fn url(text: &str) -> ParseResult<Option<HttpUrl>> {
    match text {
        "none" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|error| format!("{error}, or \"none\"")),
    }
}

fn show_url(url: Option<&HttpUrl>) -> String {
    url.map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn token_type(text: &str) -> ParseResult<Option<String>> {
    match text {
        "any" => Ok(None),
        "" => Err("the typ of tokens, such as parlour+jwt, or \"any\"".to_owned()),
        text => Ok(Some(text.to_owned())),
    }
}

/// Without an issuer or an audience, no token would be accepted.
fn names(text: &str) -> ParseResult<Vec<String>> {
    let names = list("one or more names", text)?;
    match names.is_empty() {
        true => Err("one or more names, separated by commas".to_owned()),
        false => Ok(names),
    }
}

fn users(text: &str) -> ParseResult<Vec<String>> {
    let users: Vec<String> = list("ids of users", text)?;
    match users.iter().all(|user| user.len() <= MAX_USER_BYTES) {
        true => Ok(users),
        false => Err(format!("ids of users of at most {MAX_USER_BYTES} bytes")),
    }
}
