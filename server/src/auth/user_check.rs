//! Whether a user may connect: a list, an HTTP server that knows the users, and the program.

use std::{
    collections::{HashMap, VecDeque},
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    HttpUrl, Identity,
    http_client::{HttpAnswer, HttpClient},
};

/// The time limit of a question to the address that knows the users.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The time for which its answer about a user is kept.
const KEPT: Duration = Duration::from_secs(30);
/// The maximum number of answers that are kept. If there are more, the oldest is forgotten.
const MAX_KEPT: usize = 10_000;

/// What a check says about a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// The user may connect.
    Active,
    /// The user may not connect.
    Banned,
    /// The check failed. The setting `when_user_check_fails` decides.
    Unknown,
}

/// The future of [`UserCheck::check`]. It runs on the thread `auth`.
pub type UserStatusFuture<'a> = Pin<Box<dyn Future<Output = UserStatus> + 'a>>;

/// Decides whether a user with a valid token may connect. A program sets its own one in
/// [`AuthOptions::user_check`](super::AuthOptions::user_check).
///
/// It is asked at each hello with a token, for each ticket, and for each newer token. All checks
/// run on one thread, so it must not block: it awaits instead.
pub trait UserCheck: Send + Sync {
    /// Returns what is known about a user.
    fn check<'a>(&'a self, identity: &'a Identity) -> UserStatusFuture<'a>;
}

/// The users in a list are banned.
#[derive(Clone, Debug)]
pub(super) struct BannedUsers(pub(super) Vec<String>);

impl UserCheck for BannedUsers {
    fn check<'a>(&'a self, identity: &'a Identity) -> UserStatusFuture<'a> {
        let status = match self.0.contains(&identity.user) {
            true => UserStatus::Banned,
            false => UserStatus::Active,
        };
        Box::pin(std::future::ready(status))
    }
}

/// Asks an address about each user, and keeps the answers for 30 s.
pub(super) struct HttpUserCheck {
    url: HttpUrl,
    client: HttpClient,
    kept: Mutex<KeptAnswers>,
}

impl HttpUserCheck {
    pub(super) fn new(url: HttpUrl, client: HttpClient) -> Self {
        Self {
            url,
            client,
            kept: Mutex::default(),
        }
    }

    async fn ask(&self, user: &str) -> UserStatus {
        if let Some(status) = self.kept().get(user, Instant::now()) {
            return status;
        }
        let question = serde_json::json!({ "user": user }).to_string();
        let status = match self.client.send(&self.url, Some(question), TIMEOUT).await {
            Ok(HttpAnswer {
                status: 200 | 204, ..
            }) => UserStatus::Active,
            Ok(HttpAnswer {
                status: 403 | 404, ..
            }) => UserStatus::Banned,
            Ok(HttpAnswer { status, .. }) => {
                tracing::warn!(url = %self.url, status, "user_check_url must answer 200 or 204 (may connect), or 403 or 404 (may not)");
                return UserStatus::Unknown;
            }
            Err(error) => {
                tracing::warn!(url = %self.url, %error, "user_check_url does not answer");
                return UserStatus::Unknown;
            }
        };
        self.kept().insert(user, status, Instant::now());
        status
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, KeptAnswers> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UserCheck for HttpUserCheck {
    fn check<'a>(&'a self, identity: &'a Identity) -> UserStatusFuture<'a> {
        Box::pin(self.ask(&identity.user))
    }
}

/// Answers that are not older than 30 s.
#[derive(Debug, Default)]
struct KeptAnswers {
    by_user: HashMap<String, (Instant, UserStatus)>,
    /// In the order in which they arrived.
    order: VecDeque<(Instant, String)>,
}

impl KeptAnswers {
    fn get(&self, user: &str, now: Instant) -> Option<UserStatus> {
        let (at, status) = self.by_user.get(user)?;
        (now < *at + KEPT).then_some(*status)
    }

    fn insert(&mut self, user: &str, status: UserStatus, now: Instant) {
        self.by_user.insert(user.to_owned(), (now, status));
        self.order.push_back((now, user.to_owned()));
        while self.order.len() > MAX_KEPT || self.order.front().is_some_and(|(at, _)| now >= *at + KEPT) {
            let Some((at, user)) = self.order.pop_front() else {
                return;
            };
            // A newer answer has its own place in the order.
            if self.by_user.get(&user).is_some_and(|(newest, _)| *newest == at) {
                self.by_user.remove(&user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_kept_for_30_seconds() {
        let (mut kept, start) = (KeptAnswers::default(), Instant::now());
        kept.insert("ada", UserStatus::Banned, start);
        assert_eq!(kept.get("ada", start + KEPT - TIMEOUT), Some(UserStatus::Banned));
        assert_eq!(kept.get("ada", start + KEPT), None);
        assert_eq!(kept.get("eve", start), None);
        kept.insert("eve", UserStatus::Active, start + KEPT);
        assert_eq!((kept.by_user.len(), kept.order.len()), (1, 1));
    }

    #[test]
    fn at_most_10_000_answers_are_kept_and_the_newest_counts() {
        let (mut kept, now) = (KeptAnswers::default(), Instant::now());
        kept.insert("ada", UserStatus::Active, now);
        let later = now + TIMEOUT;
        kept.insert("ada", UserStatus::Banned, later);
        for user in 0..MAX_KEPT {
            kept.insert(&user.to_string(), UserStatus::Active, later);
        }
        assert_eq!(kept.by_user.len(), MAX_KEPT);
        assert_eq!(
            (kept.get("ada", later), kept.get("9999", later)),
            (None, Some(UserStatus::Active))
        );
    }
}
