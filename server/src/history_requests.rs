//! Requests for the history, for async callers. The recorder answers them on its own threads.

use parlour_recording::recorder::{HistoryAnswer, HistoryError, HistoryHandle, SavedHistory};
use tokio::sync::oneshot;

/// Requests that the history of a world is written to a file, and waits until it is.
///
/// # Errors
/// [`HistoryError`] contains the reason why nothing was written.
pub(crate) async fn write_history(
    history: &HistoryHandle,
    world: &str,
) -> Result<SavedHistory, HistoryError> {
    let world = history.world_named(world)?;
    answered(|answer| history.write(Some(world), Some(answer))).await
}

/// Requests the history of a world in memory, in the format of a recording, and waits for it.
///
/// # Errors
/// [`HistoryError`] contains the reason why there is no history.
pub(crate) async fn download_history(
    history: &HistoryHandle,
    world: &str,
) -> Result<SavedHistory, HistoryError> {
    let world = history.world_named(world)?;
    answered(|answer| history.download(world, answer)).await
}

/// Returns the error with advice, which names settings of this server.
pub(crate) fn with_advice(error: &HistoryError) -> String {
    let advice = match error {
        HistoryError::NotKept => ": start the server with --history 60s, or a different duration",
        _ => "",
    };
    format!("{error}{advice}")
}

async fn answered(
    request: impl FnOnce(HistoryAnswer) -> Result<(), HistoryError>,
) -> Result<SavedHistory, HistoryError> {
    let (sender, receiver) = oneshot::channel();
    // Sending fails if the caller no longer waits. Nobody needs the answer then.
    request(Box::new(|saved| drop(sender.send(saved))))?;
    let written = receiver.await.unwrap_or(Err(HistoryError::Gone))?;
    // One world was asked for.
    written.into_iter().next().ok_or(HistoryError::Gone)
}
