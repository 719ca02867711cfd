//! What one process has of the fleet: the database, its harnesses, its figures, and how it is to work. Not here: the work.

use std::sync::Arc;
use std::time::Duration;

use crate::database::Database;
use crate::harnesses::Harnesses;
use crate::metrics::Metrics;

/// How a worker works.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a session is a worker's without a word from it.
    pub lease: Duration,
    /// Steps at once.
    pub parallel: usize,
    /// What it is called in the rows that it holds.
    pub name: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // Far below the shortest window in which a repeated message is known to be one, and far above a
            // statement's time limit.
            lease: Duration::from_secs(30),
            parallel: 64,
            name: format!("worker-{}", std::process::id()),
        }
    }
}

/// One process's share of the fleet.
pub struct Worker {
    pub(crate) database: Arc<Database>,
    pub(crate) harnesses: Arc<Harnesses>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) options: Options,
}

impl Worker {
    /// Over this database.
    pub fn new(
        database: Arc<Database>,
        harnesses: Arc<Harnesses>,
        metrics: Arc<Metrics>,
        options: Options,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            harnesses,
            metrics,
            options,
        })
    }
}
