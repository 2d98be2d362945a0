//! The thread `auth`, which checks tokens and asks other servers. I/O threads send it requests and
//! await the answers, so a check never delays their other connections.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    runtime::{Builder, LocalOptions},
    sync::{Notify, mpsc},
    task::spawn_local,
    time::sleep,
};

use super::{
    AuthAnswer, AuthFault, Credential, HttpUrl, Identity, KeySet, TokenRules, UserCheck, UserStatus,
    WhenCheckFails, check,
    http_client::HttpClient,
    jwks::{self, JwksCache, UnknownKeyStep},
    queue::Request,
    tickets::Tickets,
    unix_seconds,
};

/// The maximum number of tokens that wait for keys of an address. Of more, the clients must try
/// again later, so that tokens with invented keys keep nobody else waiting.
const MAX_WAITING_FOR_KEYS: usize = 64;
/// The maximum number of users whose check is under way.
const MAX_USER_CHECKS: usize = 256;
/// The time limit of a fetch of keys. It is below that of a hello, which is 5 s.
const FETCH_TIMEOUT: Duration = Duration::from_secs(4);
/// How often the thread looks whether keys are to be fetched.
const LOOK: Duration = Duration::from_secs(1);

/// What the thread runs with.
pub(crate) struct AuthService {
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) stop: Arc<Notify>,
    pub(super) keys: KeySet,
    pub(super) jwks: Option<(HttpUrl, HttpClient)>,
    pub(super) rules: TokenRules,
    pub(super) checks: Vec<Arc<dyn UserCheck>>,
    pub(super) when_check_fails: WhenCheckFails,
}

impl AuthService {
    /// Returns what stops the thread.
    pub(crate) fn stop(&self) -> Arc<Notify> {
        Arc::clone(&self.stop)
    }

    /// Returns the number of keys from files.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Runs until it is stopped.
    pub(crate) fn run(self) -> io::Result<()> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())?;
        runtime.block_on(self.serve());
        Ok(())
    }

    async fn serve(mut self) {
        let stop = Arc::clone(&self.stop);
        let fetcher = self.jwks.take();
        let state = Rc::new(State {
            has_address: fetcher.is_some(),
            keys: self.keys,
            jwks: RefCell::default(),
            fetched: Notify::new(),
            wanted: Notify::new(),
            rules: self.rules,
            checks: self.checks,
            when_check_fails: self.when_check_fails,
            tickets: RefCell::default(),
            waiting_for_keys: Cell::new(0),
            user_checks: Cell::new(0),
        });
        if let Some((url, client)) = fetcher {
            spawn_local(Rc::clone(&state).fetch_keys(url, client));
        }
        loop {
            let request = tokio::select! {
                () = stop.notified() => return,
                request = self.requests.recv() => request,
            };
            let Some(request) = request else { return };
            // Most of these tasks end when they first run. The others are bounded by the two
            // limits of waiting.
            spawn_local(Rc::clone(&state).answer(request));
        }
    }
}

/// The state of the thread.
struct State {
    keys: KeySet,
    /// Whether there is an address with keys.
    has_address: bool,
    jwks: RefCell<JwksCache>,
    /// Wakes those who wait for the end of a fetch.
    fetched: Notify,
    /// Wakes the task that fetches.
    wanted: Notify,
    rules: TokenRules,
    checks: Vec<Arc<dyn UserCheck>>,
    when_check_fails: WhenCheckFails,
    tickets: RefCell<Tickets>,
    waiting_for_keys: Cell<usize>,
    user_checks: Cell<usize>,
}

/// A place among those who wait, until it is dropped.
struct Place<'a>(&'a Cell<usize>);

impl<'a> Place<'a> {
    fn take(count: &'a Cell<usize>, most: usize) -> Option<Self> {
        (count.get() < most).then(|| {
            count.set(count.get() + 1);
            Self(count)
        })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl State {
    async fn answer(self: Rc<Self>, request: Request) {
        match request {
            // The client has gone.
            Request::Authenticate { answer, .. } if answer.is_closed() => {}
            Request::Ticket { answer, .. } if answer.is_closed() => {}
            Request::Authenticate { credential, answer } => {
                // An error means that the client has gone meanwhile.
                let _ = answer.send(self.authenticate(&credential).await);
            }
            Request::Ticket { token, answer } => {
                let issued = match self.authenticate(&Credential::Token(token)).await {
                    Ok(identity) => {
                        let mut tickets = self.tickets.borrow_mut();
                        tickets.issue(identity, Instant::now()).ok_or(AuthFault::Busy)
                    }
                    Err(fault) => Err(fault),
                };
                let _ = answer.send(issued);
            }
        }
    }

    async fn authenticate(&self, credential: &Credential) -> AuthAnswer {
        let identity = match credential {
            Credential::Token(token) => match self.check_token(token) {
                Err(AuthFault::UnknownKey) if self.has_address => {
                    self.await_keys().await?;
                    self.check_token(token)?
                }
                checked => checked?,
            },
            Credential::Ticket(ticket) => self.redeem(ticket)?,
        };
        self.check_user(&identity).await?;
        Ok(identity)
    }

    /// Checks a token with the keys of files, then with those of the address.
    fn check_token(&self, token: &str) -> AuthAnswer {
        let now = unix_seconds(SystemTime::now());
        let checked = check(token, &self.keys, &self.rules, now);
        let checked = match (&checked, self.jwks.borrow().keys()) {
            (Err(AuthFault::UnknownKey | AuthFault::Algorithm | AuthFault::Signature), Some(keys)) => {
                check(token, keys, &self.rules, now)
            }
            // Without a kid, and with the wrong key. The right one may be at the address.
            (Err(AuthFault::Algorithm | AuthFault::Signature), None) if self.has_address => {
                Err(AuthFault::UnknownKey)
            }
            _ => checked,
        };
        checked.map(Arc::new)
    }

    fn redeem(&self, ticket: &str) -> AuthAnswer {
        let identity = self.tickets.borrow_mut().redeem(ticket, Instant::now());
        let identity = identity.ok_or(AuthFault::Ticket)?;
        let expires = identity.expires.saturating_add(self.rules.leeway.as_secs());
        match unix_seconds(SystemTime::now()) < expires {
            true => Ok(identity),
            false => Err(AuthFault::Expired),
        }
    }

    /// Waits until the keys of the address have been fetched, if they may be.
    async fn await_keys(&self) -> Result<(), AuthFault> {
        let place = Place::take(&self.waiting_for_keys, MAX_WAITING_FOR_KEYS);
        let _place = place.ok_or(AuthFault::Busy)?;
        let step = self.jwks.borrow().unknown_key(Instant::now());
        match step {
            UnknownKeyStep::Refuse(fault) => return Err(fault),
            UnknownKeyStep::Wait => {}
            UnknownKeyStep::Fetch => {
                // Here, so that the next token finds that a fetch is under way.
                self.jwks.borrow_mut().begin(Instant::now());
                self.wanted.notify_one();
            }
        }
        self.fetched.notified().await;
        match self.jwks.borrow().keys() {
            Some(_) => Ok(()),
            None => Err(AuthFault::KeysUnavailable),
        }
    }

    /// Fetches the keys of the address when they are due or wanted.
    async fn fetch_keys(self: Rc<Self>, url: HttpUrl, client: HttpClient) {
        loop {
            let is_due = self.jwks.borrow().is_due(Instant::now());
            if is_due {
                self.jwks.borrow_mut().begin(Instant::now());
            } else {
                tokio::select! {
                    () = self.wanted.notified() => {}
                    () = sleep(LOOK) => continue,
                }
            }
            let keys = fetch(&url, &client).await;
            match &keys {
                Ok((keys, skipped)) => {
                    tracing::info!(%url, keys = keys.len(), skipped, "fetched the keys of tokens");
                }
                Err(why) => {
                    let kept = self.jwks.borrow().keys().map_or(0, KeySet::len);
                    tracing::warn!(%url, why, kept, "the keys of tokens cannot be fetched: the last good ones are kept");
                }
            }
            self.jwks.borrow_mut().end(keys.ok().map(|(keys, _)| keys));
            self.fetched.notify_waiters();
        }
    }

    async fn check_user(&self, identity: &Identity) -> Result<(), AuthFault> {
        if self.checks.is_empty() {
            return Ok(());
        }
        let place = Place::take(&self.user_checks, MAX_USER_CHECKS);
        let _place = place.ok_or(AuthFault::Busy)?;
        for user_check in &self.checks {
            match user_check.check(identity).await {
                UserStatus::Active => {}
                UserStatus::Banned => return Err(AuthFault::Banned),
                UserStatus::Unknown if self.when_check_fails == WhenCheckFails::Allow => {}
                UserStatus::Unknown => return Err(AuthFault::CheckFailed),
            }
        }
        Ok(())
    }
}

async fn fetch(url: &HttpUrl, client: &HttpClient) -> Result<(KeySet, usize), String> {
    let answer = client.send(url, None, FETCH_TIMEOUT).await;
    let answer = answer.map_err(|error| error.to_string())?;
    match answer.status {
        200 => jwks::read(&answer.body),
        status => Err(format!("the status is {status}")),
    }
}
