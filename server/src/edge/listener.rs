//! Accepts connections.

use std::{io, net::TcpListener as StdTcpListener, os::fd::AsFd, rc::Rc, sync::Arc};

use tokio::{net::TcpListener, task::spawn_local};

use super::{
    Rejection,
    connection::IoThread,
    http::{self, UpgradingConnection},
    newcomer::Newcomer,
    reader,
    time_limit::TimeLimit,
    unsent,
};
use crate::descriptors::{AcceptedConnection, Acceptor, Headroom};

/// The maximum number of connections that wait to be accepted. A thousand bots may
/// connect at once, and a client whose connection does not fit tries again only after 1 s.
const BACKLOG: i32 = 4096;
/// The number of bytes that the kernel keeps until a client has acknowledged them. The kernel
/// doubles the number for its bookkeeping. It bounds the bytes in flight: with a round trip of 100
/// ms, 64 KiB allow 640 KB/s.
const SEND_BUFFER: usize = 64 * 1024;
/// The number of bytes that the kernel keeps until the server reads them. Commands are small, so a
/// few kilobytes are enough for many.
const RECEIVE_BUFFER: usize = 32 * 1024;

/// Sets the socket options that accepted connections inherit.
pub(crate) fn prepare(listener: &StdTcpListener) -> io::Result<()> {
    let socket = listener.as_fd();
    rustix::net::sockopt::set_socket_send_buffer_size(socket, SEND_BUFFER)?;
    rustix::net::sockopt::set_socket_recv_buffer_size(socket, RECEIVE_BUFFER)?;
    // A sandbox may lack this option. Slow clients are then sent older snapshots, but everything
    // else works.
    if let Err(error) = unsent::bound(listener, unsent::FEW) {
        tracing::warn!(%error, "cannot bound unsent bytes (TCP_NOTSENT_LOWAT): slow clients are sent older snapshots");
    }
    // A second `listen` changes the backlog.
    rustix::net::listen(socket, BACKLOG)?;
    Ok(())
}

/// Accepts connections until the runtime ends. Several threads may share a port; an idle thread
/// accepts the next connection.
pub(super) async fn accept(io: Rc<IoThread>, listener: TcpListener) {
    let descriptors = Arc::clone(&io.shared.descriptors);
    let errors = io.shared.metrics.edge.accept_errors.clone();
    let mut acceptor = Acceptor::new(listener, descriptors, errors);
    loop {
        let AcceptedConnection {
            stream,
            peer,
            headroom,
        } = acceptor.next().await;
        let too_few = headroom < Headroom::Clients;
        if headroom < Headroom::Answers {
            io.shared.reject(Rejection::TooFewDescriptors, peer, "dropped");
            http::turn_away(&io, &stream).await;
            continue;
        }
        let newcomer = match Newcomer::enter(&io, peer) {
            Ok(newcomer) => newcomer,
            Err(rejection) => {
                io.shared.reject(rejection, peer, "dropped");
                continue;
            }
        };
        if too_few {
            newcomer.exceeds(Rejection::TooFewDescriptors);
        }
        // Without this, small frames would wait until earlier ones are acknowledged.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let arrival = UpgradingConnection {
            stream,
            deadline: TimeLimit::after(io.shared.options.handshake_timeout, io.now()),
            newcomer,
        };
        spawn_local(http::serve(Rc::clone(&io), arrival));
    }
}

/// Takes the connections for this thread until the runtime ends.
pub(super) async fn receive(io: Rc<IoThread>) {
    let Some(mut receiver) = io.shared.hand_over.take_receiver(io.thread) else {
        return;
    };
    while let Some(handed_over) = receiver.recv().await {
        spawn_local(reader::go_on(Rc::clone(&io), handed_over));
    }
}
