//! Why a token is not accepted.

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $label:literal, $text:literal;)*) => {
        /// Why a client is not authenticated. Only the log and the metrics have the reason: all
        /// clients are sent the same text, so that it helps nobody to forge a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum AuthFault { $($(#[$doc])* #[error($text)] $name),* }

        impl AuthFault {
            /// All faults.
            pub const ALL: &[AuthFault] = &[$(AuthFault::$name),*];

            /// Returns the value of the label `reason` in the metrics.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }
        }
    };
}

faults! {
    /// The token has more than 4 KiB.
    TooLong = "too_long", "the token is longer than 4 KiB";
    /// The token is not three parts of base64url, or its parts are not JSON objects.
    Malformed = "malformed", "the token is not a signed JWT";
    /// A key of the header or the claims occurs twice.
    Repeated = "repeated", "a key occurs twice in the token";
    /// The header has a parameter that could change how the token is checked.
    Header = "header", "the header has crit, jwk, jku, x5u, x5c, b64, enc, zip or epk";
    /// The key id is not 1 to 64 characters of `A-Za-z0-9._-`.
    KeyId = "kid", "the kid is not 1 to 64 characters of A-Z a-z 0-9 . _ -";
    /// No key has this id, or there is no key at all.
    UnknownKey = "unknown_key", "no key has this kid";
    /// The algorithm is not that of the key.
    Algorithm = "algorithm", "the alg of the token is not that of the key";
    /// The signature is wrong.
    Signature = "signature", "the signature is wrong";
    /// The type is not the configured one.
    Type = "type", "the typ is not token_type";
    /// A time is missing, or is not a whole number of seconds.
    Time = "time", "exp is missing, or exp, nbf or iat is not a whole number of seconds";
    /// The token has expired.
    Expired = "expired", "the token has expired";
    /// The token is not valid yet.
    NotYetValid = "not_yet_valid", "nbf or iat is in the future";
    /// The issuer is missing or not a configured one.
    Issuer = "issuer", "the iss is missing or not in token_issuer";
    /// The audience is missing or does not contain a configured one.
    Audience = "audience", "the aud is missing or not in token_audience";
    /// The subject is missing or not usable as the id of a user.
    Subject = "subject", "the sub is missing, empty, longer than 128 bytes, or has control characters";
    /// A claim about the player has the wrong form.
    Claims = "claims", "name, or the roles, rooms or limits in the claim parlour, have the wrong form";
    /// The ticket is unknown, used or expired.
    Ticket = "ticket", "the ticket is unknown, was used, or has expired";
    /// The client sent more than one token or ticket.
    Several = "several", "there is more than one token or ticket";
    /// Guests are not admitted, and there is no token.
    NoToken = "no_token", "there is no token, and guests are off";
    /// The server has no keys, so it cannot verify a token.
    NoKeys = "no_keys", "the server has no keys for tokens";
    /// The token is for a different user than the session.
    OtherUser = "other_user", "the token is for a different user";
    /// The user is banned or not active.
    Banned = "banned", "the user is banned or not active";
    /// Whether the user is banned could not be found out.
    CheckFailed = "check_failed", "the check of the user failed";
    /// Too many tokens wait to be checked.
    Busy = "busy", "too many tokens wait to be checked";
    /// The keys of the URL have never been fetched.
    KeysUnavailable = "keys_unavailable", "the keys of jwks_url have not been fetched yet";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn labels_and_texts_are_distinct() {
        let labels: BTreeSet<&str> = AuthFault::ALL.iter().map(|fault| fault.label()).collect();
        let texts: BTreeSet<String> = AuthFault::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(
            (labels.len(), texts.len()),
            (AuthFault::ALL.len(), AuthFault::ALL.len())
        );
    }
}
