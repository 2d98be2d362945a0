//! Servers that record, temporary directories, and bots.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use parlour::{Server, ServerOptions, maps};
use parlour_client_sim::bots::{self, Plan, Report};
use parlour_shared::map::Map;
use parlour_sim::SimConfig;
use parlour_testing::{eventually, metric_value};
use tokio::sync::oneshot;

/// Longer than any answer takes. A test that waits this long fails.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A directory that is deleted when the value is dropped. It is not created.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "recording-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    /// Returns the directory of the only world.
    pub(crate) fn main(&self) -> PathBuf {
        self.0.join("main")
    }

    /// Returns its files and those of the only world, sorted by the tick in the name, then by name.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let inside = |path: &Path| fs::read_dir(path).into_iter().flatten();
        let entries = inside(&self.0).chain(inside(&self.main()));
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.is_file());
        files.sort_by_key(|path| (tick_of(path), path.clone()));
        files
    }

    /// Returns the files whose names end with `end`.
    pub(crate) fn files_ending(&self, end: &str) -> Vec<PathBuf> {
        let mut files = self.files();
        files.retain(|path| path.to_str().unwrap().ends_with(end));
        files
    }
}

/// Returns the tick in a recording's name, or 0 if there is none.
fn tick_of(path: &Path) -> u32 {
    let name = path.file_name().unwrap().to_str().unwrap();
    let digits = |rest: &str| rest.split(['.', '-']).next().unwrap().parse().ok();
    name.split_once("-t")
        .and_then(|(_, rest)| digits(rest))
        .unwrap_or(0)
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn bundled() -> Vec<Arc<Map>> {
    maps::load(None).unwrap()
}

/// Starts a server on free ports with the bundled maps, which writes histories to this directory.
pub(crate) fn start(directory: &Directory, change: impl FnOnce(&mut ServerOptions)) -> Server {
    let mut options = ServerOptions::new(SimConfig::new(bundled()));
    options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    options.admin = options.listen;
    options.sim.seed = 7;
    options.recording.history_directory = Some(directory.0.clone());
    options.recording.keyframe_ticks = 60;
    change(&mut options);
    Server::start(options).unwrap()
}

/// Returns how often the main world was saved up to this tick. Worlds are saved every 60 ticks, but
/// not all in the same tick: the main world in tick 23, 83, 143 and so on.
#[allow(dead_code, reason = "other test programs use more of it")]
pub(crate) fn saves_until(tick: u32) -> u32 {
    (tick + 37) / 60
}

/// Bots that walk and chat until they are stopped.
pub(crate) struct Bots {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Report>,
}

impl Bots {
    pub(crate) fn start(address: SocketAddr, count: u32) -> Self {
        let plan = Plan {
            url: format!("ws://{address}/ws"),
            count,
            chat_per_minute: 30.0,
            duration: None,
            // These tests check recordings. On a busy machine the server may stand still.
            max_standstill: None,
            ..Plan::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let stop = async {
                let _ = stopped.await;
            };
            runtime.block_on(bots::run(plan, stop, |_| {})).unwrap()
        });
        Self { stop, thread }
    }

    /// Stops the bots and returns their report.
    pub(crate) fn stop(self) -> Report {
        let _ = self.stop.send(());
        self.thread.join().unwrap()
    }
}

/// Sends a request to the admin port. Returns the head and the body of the answer.
pub(crate) fn admin(address: SocketAddr, request: &str, headers: &str) -> (String, Vec<u8>) {
    admin_at(address, "localhost", request, headers)
}

/// Like [`admin`], with this `host` header.
pub(crate) fn admin_at(address: SocketAddr, host: &str, request: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let request = format!("{request} HTTP/1.1\r\nhost: {host}\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head, answer[end + 4..].to_vec())
}

/// Returns the current value of a metric. The name includes the labels.
pub(crate) fn metric(address: SocketAddr, name: &str) -> f64 {
    let (_, text) = admin(address, "GET /metrics", "");
    let text = String::from_utf8(text).unwrap();
    metric_value(&text, name).unwrap_or_else(|| panic!("no metric {name}"))
}

/// Waits until a metric is at least `least`.
pub(crate) fn await_metric(address: SocketAddr, name: &str, least: f64) {
    eventually(name, || metric(address, name) >= least);
}
