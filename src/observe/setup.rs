//! Starts the log: lines on standard error, for people or for machines, without secrets.

use std::io::{self, IsTerminal as _, Write};

use thiserror::Error;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::ParseError, fmt::MakeWriter, layer::SubscriberExt as _,
};

use super::{LastError, LogFormat, Secrets};

/// Why there is no log.
#[derive(Debug, Error)]
pub enum LogError {
    /// The filter is none.
    #[error("the log level cannot be understood")]
    Filter(#[from] ParseError),
    /// There is a log already in this process.
    #[error("the log was started twice")]
    Twice(#[from] SetGlobalDefaultError),
}

/// Starts the log of this process on standard error. `filter` is a level or levels by module, as
/// `tracing_subscriber::EnvFilter` reads them. Returns what remembers the last error.
pub fn start(filter: &str, format: LogFormat, secrets: Secrets) -> Result<LastError, LogError> {
    let layer = layer(filter, format, Clean::new(io::stderr, secrets))?;
    let last_error = LastError::default();
    let log = Registry::default().with(layer).with(last_error.clone());
    tracing::subscriber::set_global_default(log)?;
    // A panic's own way to standard error would pass by the redaction.
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(target: "baton::panic", "{panic}");
    }));
    Ok(last_error)
}

fn layer<W>(
    filter: &str,
    format: LogFormat,
    writer: W,
) -> Result<Box<dyn Layer<Registry> + Send + Sync>, ParseError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    Ok(match format {
        LogFormat::Text => lines
            .with_ansi(io::stderr().is_terminal())
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    })
}

/// Takes the secrets out of what passes. A line comes in one piece: the layer writes it once,
/// when it is whole.
#[derive(Clone)]
struct Clean<W> {
    inner: W,
    secrets: Secrets,
}

impl<W> Clean<W> {
    fn new(inner: W, secrets: Secrets) -> Self {
        Self { inner, secrets }
    }
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Clean<W> {
    type Writer = Clean<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Clean::new(self.inner.make_writer(), self.secrets.clone())
    }
}

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = self.secrets.redact(&String::from_utf8_lossy(bytes));
        self.inner.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;
    use crate::observe::Reference;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LogFormat, secrets: Secrets, work: impl FnOnce()) -> String {
        let sink = Sink::default();
        let to = sink.clone();
        let layer = layer(filter, format, Clean::new(move || to.clone(), secrets)).unwrap();
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        let bytes = sink.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_secret_reaches_the_log_in_either_format() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let secrets = Secrets::new(["correct-horse".into()]);
            let log = logged("info", format, secrets, || {
                let span = tracing::info_span!("call", token = "correct-horse");
                let _entered = span.enter();
                tracing::info!(header = "Bot correct-horse", "sent correct-horse");
                tracing::info!("key sk-ant-api03-abc");
            });
            assert_eq!(log.lines().count(), 2, "{log}");
            assert!(!log.contains("horse") && !log.contains("api03"), "{log}");
            assert!(
                log.contains("sent [redacted]") && log.contains("key [redacted]"),
                "{log}"
            );
        }
    }

    #[test]
    fn the_filter_decides_by_module() {
        let log = logged(
            "warn,baton=debug",
            LogFormat::Text,
            Secrets::default(),
            || {
                tracing::debug!("ours");
                tracing::info!(target: "serenity", "theirs");
            },
        );
        assert!(log.contains("ours") && !log.contains("theirs"), "{log}");
    }

    #[test]
    fn an_error_is_logged_with_its_causes_under_the_reference_that_is_shown() {
        let mut shown = None;
        let log = logged("info", LogFormat::Json, Secrets::default(), || {
            let error = LogError::from("x=y=z".parse::<EnvFilter>().unwrap_err());
            shown = Some(Reference::of(&error, "the answer was not sent"));
        });
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["message"], "the answer was not sent");
        assert_eq!(line["reference"], shown.unwrap().to_string());
        let error = line["error"].as_str().unwrap();
        assert!(
            error.starts_with("the log level cannot be understood: "),
            "{error}"
        );
    }
}
