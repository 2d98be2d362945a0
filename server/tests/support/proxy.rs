//! A TCP proxy that a test can cut.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Copies bytes between clients and a server until it is cut.
pub(crate) struct Proxy {
    address: SocketAddr,
    /// How often it was cut.
    cuts: watch::Sender<u64>,
    /// The bytes that still pass from clients to the server, before the proxy cuts by itself.
    left: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy for this server.
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cuts, cut) = watch::channel(0);
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let allowed = Arc::clone(&left);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(copy(client, server, cut.clone(), Arc::clone(&allowed)));
            }
        });
        Self { address, cuts, left }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Cuts all connections: both sides see a reset, and bytes on the way are lost.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Cuts a connection after it has passed this many more bytes to the server.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::SeqCst);
    }
}

async fn copy(
    mut client: TcpStream,
    server: SocketAddr,
    mut cut: watch::Receiver<u64>,
    left: Arc<AtomicUsize>,
) {
    cut.mark_unchanged();
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 4096], vec![0; 4096]);
    loop {
        let passed = tokio::select! {
            _ = cut.changed() => false,
            count = client.read(&mut up) => match count {
                Ok(count) if count > 0 => {
                    let may = left.load(Ordering::SeqCst).min(count);
                    let sent = server.write_all(&up[..may]).await.is_ok();
                    if may < count {
                        // One cut: the next connection passes everything.
                        left.store(usize::MAX, Ordering::SeqCst);
                        false
                    } else {
                        let counts = |left: usize| (left < usize::MAX).then(|| left - may);
                        let _ = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, counts);
                        sent
                    }
                }
                _ => false,
            },
            count = server.read(&mut down) => match count {
                Ok(count) if count > 0 => client.write_all(&down[..count]).await.is_ok(),
                _ => false,
            },
        };
        if !passed {
            break;
        }
    }
    for stream in [client, server] {
        let _ = rustix::net::sockopt::set_socket_linger(&stream, Some(std::time::Duration::ZERO));
    }
}
