//! Keys and tokens for development and tests.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use super::{KeyFault, RoomPattern, key::Key, key_file, strict_json};

/// A secret that signs tokens with HS256. A server that verifies these tokens has the same secret.
///
/// ```
/// use parlour::auth::{DevelopmentKey, NewToken};
///
/// let key = DevelopmentKey::generate()?;
/// std::fs::write(std::env::temp_dir().join("dev.jwk"), key.to_jwk())?;
/// let token = NewToken::of_user("ada").named("Ada").role("moderator");
/// println!("{}", key.sign(&token, std::time::SystemTime::now())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DevelopmentKey {
    id: String,
    secret: Vec<u8>,
}

/// The contents of a token that a [`DevelopmentKey`] signs.
#[derive(Clone, Debug)]
pub struct NewToken {
    user: String,
    issuer: String,
    audience: String,
    token_type: String,
    valid_for: Duration,
    name: Option<String>,
    roles: Vec<String>,
    rooms: Option<Vec<RoomPattern>>,
}

/// Why a token cannot be signed, or a key cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The system has no random numbers.
    #[error("the system returned no random numbers: {0}")]
    Random(String),
    /// The text is not a key that can sign.
    #[error("this is not a development key: {0}; `parlour token key` makes one")]
    Key(String),
    /// The token could not be encoded.
    #[error("the token cannot be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

impl DevelopmentKey {
    /// Makes a new key, with a random id.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn generate() -> Result<Self, SigningError> {
        let mut bytes = [0; 40];
        getrandom::fill(&mut bytes).map_err(|error| SigningError::Random(error.to_string()))?;
        let (id, secret) = bytes.split_at(8);
        Ok(Self {
            id: format!("dev-{}", URL_SAFE_NO_PAD.encode(id)),
            secret: secret.to_vec(),
        })
    }

    /// Reads a key that [`Self::to_jwk`] wrote.
    ///
    /// # Errors
    /// The text is not such a key.
    pub fn from_jwk(text: &str) -> Result<Self, SigningError> {
        let not_a_key = |why: &str| SigningError::Key(why.to_owned());
        let object = strict_json::parse(text.trim().as_bytes()).map_err(|_| not_a_key("it is not JSON"))?;
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if text("kty") != Some("oct") || text("alg").is_some_and(|algorithm| algorithm != "HS256") {
            return Err(not_a_key("it has not the kty oct and the alg HS256"));
        }
        let (Some(id), Some(secret)) = (text("kid"), text("k")) else {
            return Err(not_a_key("kid or k is missing"));
        };
        let secret = URL_SAFE_NO_PAD
            .decode(secret)
            .map_err(|_| not_a_key("k is not base64url"))?;
        Ok(Self {
            id: id.to_owned(),
            secret,
        })
    }

    /// Returns the key as a JWK. It is a secret: with it, tokens can be signed for any user.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let jwk = json!({
            "kty": "oct",
            "alg": "HS256",
            "use": "sig",
            "kid": self.id,
            "k": URL_SAFE_NO_PAD.encode(&self.secret),
        });
        format!("{jwk}\n")
    }

    /// Returns the key that verifies its tokens.
    ///
    /// # Errors
    /// The secret is too short, or the id is invalid.
    pub fn verifier(&self) -> Result<Key, KeyFault> {
        let mut keys = key_file::key_set(self.to_jwk().as_bytes())?;
        keys.pop().unwrap_or(Err(KeyFault::Algorithm))
    }

    /// Signs a token that is valid from now on.
    ///
    /// # Errors
    /// The token cannot be encoded.
    pub fn sign(&self, token: &NewToken, now: std::time::SystemTime) -> Result<String, SigningError> {
        let now = super::unix_seconds(now);
        let mut claims = json!({
            "sub": token.user,
            "iss": token.issuer,
            "aud": token.audience,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(token.valid_for.as_secs()),
        });
        let own = token.own_claims();
        if !own.is_empty() {
            claims["parlour"] = Value::Object(own);
        }
        self.sign_claims(&token.token_type, &claims)
    }

    /// Signs any claims, such as invalid ones in a test.
    ///
    /// # Errors
    /// The claims cannot be encoded.
    pub fn sign_claims(&self, token_type: &str, claims: &Value) -> Result<String, SigningError> {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(token_type.to_owned());
        header.kid = Some(self.id.clone());
        let key = EncodingKey::from_secret(&self.secret);
        Ok(jsonwebtoken::encode(&header, claims, &key)?)
    }
}

/// Omits the secret.
impl std::fmt::Debug for DevelopmentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevelopmentKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl NewToken {
    /// Returns a token for this user, valid for an hour, with the issuer and the audience that a
    /// server accepts by default.
    #[must_use]
    pub fn of_user(user: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            issuer: "parlour".to_owned(),
            audience: "parlour".to_owned(),
            token_type: "JWT".to_owned(),
            valid_for: Duration::from_secs(3600),
            name: None,
            roles: Vec::new(),
            rooms: None,
        }
    }

    /// Sets the issuer.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = issuer.into();
        self
    }

    /// Sets the audience.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    /// Sets the `typ` of the header.
    #[must_use]
    pub fn token_type(mut self, token_type: impl Into<String>) -> Self {
        self.token_type = token_type.into();
        self
    }

    /// Sets the time after which it expires, in whole seconds.
    #[must_use]
    pub fn valid_for(mut self, time: Duration) -> Self {
        self.valid_for = time;
        self
    }

    /// Sets the name of the player.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a role.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Grants the rooms that match this pattern. Without a call, the token grants all rooms.
    #[must_use]
    pub fn room(mut self, pattern: RoomPattern) -> Self {
        self.rooms.get_or_insert_default().push(pattern);
        self
    }

    fn own_claims(&self) -> Map<String, Value> {
        let mut own = Map::new();
        if let Some(name) = &self.name {
            own.insert("name".to_owned(), name.as_str().into());
        }
        if !self.roles.is_empty() {
            own.insert("roles".to_owned(), self.roles.clone().into());
        }
        if let Some(rooms) = &self.rooms {
            let rooms: Vec<String> = rooms.iter().map(ToString::to_string).collect();
            own.insert("rooms".to_owned(), rooms.into());
        }
        own
    }
}
