//! Connections to PostgreSQL. Every statement is whole in itself: no prepared statements, no settings of a session, nothing
//! that has to come back to the same connection. So a pooler in transaction mode can stand in between.
//! Not here: what is asked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Mutex;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::ToSql;
pub use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Longer than any statement of ours takes on a database that is well. Shorter than a lease: a call that waits longer has
/// lost its own.
const STATEMENT: Duration = Duration::from_secs(10);
/// For a connection, name and TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// For a migration, which may rewrite a table.
const BATCH: Duration = Duration::from_secs(3600);

/// A parameter and its type, which is said and not asked for: asking would be a prepared statement.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Why a statement has no answer. Whether it was done isn't known, unless the database itself refused it.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address can't be used.
    #[error("the database's address can't be used: {0}")]
    Address(String),
    /// There is no connection, or it died.
    #[error("the database can't be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("the database gave no answer within {0:?}")]
    Late(Duration),
    /// The database refused.
    #[error("the database refused: {0}")]
    Refused(String),
}

/// Some connections that all share.
pub struct Database {
    config: Config,
    tls: MakeRustlsConnect,
    slots: Vec<Mutex<Option<Arc<Client>>>>,
    next: AtomicUsize,
}

impl Database {
    /// Over so many connections to what `url` names (`postgres://…`), made when they are needed. `ca` is a file with more
    /// authorities than the public ones. To another machine the connection has to be encrypted, and the certificate right.
    ///
    /// # Errors
    /// [`DatabaseError::Address`]. It never repeats the address: a password may stand in it.
    pub fn new(url: &str, ca: Option<&Path>, connections: usize) -> Result<Self, DatabaseError> {
        let wrong = |what: &str| DatabaseError::Address(what.to_owned());
        let mut config: Config = url
            .parse()
            .map_err(|_| wrong("it is no postgres://… address"))?;
        config
            .connect_timeout(CONNECT)
            .application_name("libtv-video");
        match config.get_ssl_mode() {
            _ if !is_local(&config) => drop(config.ssl_mode(SslMode::Require)),
            // Debian's own server offers a certificate that it made for itself, which nobody vouches for.
            SslMode::Prefer if ca.is_none() => drop(config.ssl_mode(SslMode::Disable)),
            _ => {}
        }
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls(ca)?),
            slots: (0..connections.max(1)).map(|_| Mutex::default()).collect(),
            next: AtomicUsize::new(0),
        })
    }

    /// The rows that a statement gives.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, DatabaseError> {
        let (slot, client) = self.client().await?;
        match tokio::time::timeout(STATEMENT, client.query_typed(sql, parameters)).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => {
                if client.is_closed() {
                    self.give_up(slot, &client).await;
                }
                Err(refused(&error))
            }
            Err(_) => {
                // Whatever comes over it now would be the answer to something that nobody waits for.
                self.give_up(slot, &client).await;
                Err(DatabaseError::Late(STATEMENT))
            }
        }
    }

    /// The one row that a statement gives.
    ///
    /// # Errors
    /// [`DatabaseError`]; also where there is none.
    pub async fn one(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Row, DatabaseError> {
        let rows = self.rows(sql, parameters).await?;
        let row = rows.into_iter().next();
        row.ok_or_else(|| DatabaseError::Refused("there is no such row".to_owned()))
    }

    /// Runs several statements, as a script.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn batch(&self, script: &str) -> Result<(), DatabaseError> {
        // A connection of its own: a script that fails in the middle leaves a transaction open.
        let client = self.connect().await?;
        match tokio::time::timeout(BATCH, client.batch_execute(script)).await {
            Ok(done) => done.map_err(|error| refused(&error)),
            Err(_) => Err(DatabaseError::Late(BATCH)),
        }
    }

    async fn client(&self) -> Result<(usize, Arc<Client>), DatabaseError> {
        // One after another: statements on one connection wait for each other.
        let slot = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let mut held = self.slots[slot].lock().await;
        if let Some(client) = held.as_ref().filter(|client| !client.is_closed()) {
            return Ok((slot, Arc::clone(client)));
        }
        let client = Arc::new(self.connect().await?);
        *held = Some(Arc::clone(&client));
        Ok((slot, client))
    }

    async fn connect(&self) -> Result<Client, DatabaseError> {
        let connecting = self.config.connect(self.tls.clone());
        let (client, connection) = tokio::time::timeout(CONNECT, connecting)
            .await
            .map_err(|_| DatabaseError::Late(CONNECT))?
            .map_err(|error| refused(&error))?;
        // Ends with the client, or with the connection; either way whoever waits for an answer gets an error.
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }

    async fn give_up(&self, slot: usize, client: &Arc<Client>) {
        let mut held = self.slots[slot].lock().await;
        if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, client)) {
            *held = None;
        }
    }
}

/// What the database said, without what was asked: parameters may hold anything.
fn refused(error: &tokio_postgres::Error) -> DatabaseError {
    match error.as_db_error() {
        Some(said) => {
            DatabaseError::Refused(format!("{} ({})", said.message(), said.code().code()))
        }
        None => DatabaseError::Unreachable(error.to_string()),
    }
}

/// Whether the database is on this machine.
fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

fn tls(ca: Option<&Path>) -> Result<rustls::ClientConfig, DatabaseError> {
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = ca {
        let wrong = |reason: String| {
            DatabaseError::Address(format!(
                "{} has no usable certificates: {reason}",
                path.display()
            ))
        };
        let found =
            CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
        for certificate in found {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DatabaseError::Address(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_is_only_spoken_to_in_private() {
        let mode = |url| Database::new(url, None, 1).unwrap().config.get_ssl_mode();
        assert_eq!(
            mode("postgres://u@db.example/x?sslmode=disable"),
            SslMode::Require
        );
        assert_eq!(
            mode("postgres://u@127.0.0.1/x?sslmode=disable"),
            SslMode::Disable
        );
    }

    #[test]
    fn an_address_that_is_wrong_is_not_repeated() {
        let Err(error) = Database::new("nonsense hunter2", None, 1) else {
            panic!("taken for an address");
        };
        assert!(!error.to_string().contains("hunter2"));
    }
}
