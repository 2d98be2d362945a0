//! `wss://` addresses: the trusted certificates, and the errors of all others.
#![cfg(feature = "tls")]

#[path = "support/peer.rs"]
mod peer;
mod support;

use std::sync::Arc;

use parlour_client::{ConnectError, Connection, Options};
use peer::{Peer, listen};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn trusting(certificates: &[&[u8]]) -> Options {
    Options {
        trusted_certificates: certificates.iter().map(|der| der.to_vec()).collect(),
        ..Options::default()
    }
}

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.der");

/// Serves one client as a server with the certificate for `localhost`.
async fn serve(listener: TcpListener) {
    let certificate = CertificateDer::from_slice(include_bytes!("certificates/localhost.der"));
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("certificates/localhost-key.der")[..]);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::from(key))
        .expect("the key matches");
    let (stream, _) = listener.accept().await.expect("a client");
    if let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
        let mut peer = Peer::upgraded(stream).await;
        peer.welcome().await;
        peer.close(1000, "").await;
    }
}

async fn open(options: Options) -> Result<Connection, ConnectError> {
    let (listener, address) = listen().await;
    let address = address.replace("ws://", "wss://");
    let (opened, ()) = tokio::join!(Connection::open(&address, options), serve(listener));
    opened
}

#[tokio::test]
async fn a_certificate_from_a_trusted_authority_is_accepted() {
    let mut connection = open(trusting(&[AUTHORITY])).await.expect("trusted");
    let end = connection.next_event().await.expect_err("closed");
    assert!(end.is_goodbye(), "{end}");
}

#[tokio::test]
async fn an_untrusted_certificate_is_rejected_and_not_tried_again() {
    let error = open(Options::default()).await.expect_err("it is not trusted");
    assert!(matches!(error, ConnectError::Tls(_)), "{error}");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(error.reconnect_after(), None);
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let (listener, address) = listen().await;
    let plain = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await
    };
    let address = address.replace("ws://", "wss://");
    let (opened, _) = tokio::join!(Connection::open(&address, Options::default()), plain);
    let error = opened.expect_err("no TLS");
    assert!(matches!(error, ConnectError::Tls(_)), "{error}");
}

#[tokio::test]
async fn an_invalid_trusted_certificate_is_an_error() {
    let (_listener, address) = listen().await;
    let address = address.replace("ws://", "wss://");
    let error = Connection::open(&address, trusting(&[b"not a certificate"])).await;
    let error = error.expect_err("nothing to trust");
    assert!(error.to_string().contains("trusted certificate"), "{error}");
}
