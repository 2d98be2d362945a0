//! Requests to other servers: one request per connection, and every answer is bounded in time and
//! size.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1,
    header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::HttpUrl;

/// The maximum size of an answer.
const MAX_ANSWER: usize = 256 * 1024;

/// Sends requests.
#[derive(Clone)]
pub(super) struct HttpClient {
    tls: TlsConnector,
}

/// An answer.
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("cannot connect: {0}")]
    Connect(#[from] std::io::Error),
    #[error("the name of the host is not valid for TLS")]
    Name,
    #[error("TLS is not usable: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the request failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("the request is not valid: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("the answer is cut or has more than {MAX_ANSWER} bytes")]
    Body,
}

impl HttpClient {
    /// Returns a client that trusts Mozilla's root certificates.
    pub(super) fn new() -> Result<Self, HttpError> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Sends a `GET`, or a `POST` with a JSON body. Redirections are not followed.
    pub(super) async fn send(
        &self,
        url: &HttpUrl,
        json: Option<String>,
        limit: Duration,
    ) -> Result<HttpAnswer, HttpError> {
        timeout(limit, self.exchange(url, json))
            .await
            .unwrap_or(Err(HttpError::Timeout(limit)))
    }

    async fn exchange(&self, url: &HttpUrl, json: Option<String>) -> Result<HttpAnswer, HttpError> {
        let host = url.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, url.port)).await?;
        if url.is_tls {
            let name = ServerName::try_from(host.to_owned()).map_err(|_| HttpError::Name)?;
            exchange_over(self.tls.connect(name, stream).await?, url, json).await
        } else {
            exchange_over(stream, url, json).await
        }
    }
}

async fn exchange_over<S>(stream: S, url: &HttpUrl, json: Option<String>) -> Result<HttpAnswer, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends when `sender` and the answer are dropped.
    tokio::spawn(connection);
    let method = if json.is_some() { "POST" } else { "GET" };
    let mut request = Request::builder()
        .method(method)
        .uri(&url.path)
        .header(HOST, format!("{}:{}", url.host, url.port))
        .header(USER_AGENT, concat!("parlour/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "application/json")
        .header(CONNECTION, "close");
    if json.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let request = request.body(Full::new(Bytes::from(json.unwrap_or_default())))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), MAX_ANSWER);
    let body = body.collect().await.map_err(|_| HttpError::Body)?.to_bytes();
    Ok(HttpAnswer { status, body })
}
