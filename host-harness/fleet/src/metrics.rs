//! What the worker counts, as OpenMetrics text. Not here: who serves it (`health.rs`), and what the database knows.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one process, from its start.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Sessions that were claimed.
    pub claims: AtomicU64,
    /// Steps that ended, whatever came of them.
    pub steps: AtomicU64,
    /// Steps that failed.
    pub failed: AtomicU64,
    /// Calls that lost their lease, or couldn't store something.
    pub fenced: AtomicU64,
    /// Transactions of calls.
    pub transactions: AtomicU64,
    /// Questions to the database that failed.
    pub database_errors: AtomicU64,
    /// How late claims were, in milliseconds, all together.
    pub late_ms: AtomicU64,
    /// How late the latest one of the last look was, in milliseconds.
    pub latest_ms: AtomicU64,
    /// Steps under way.
    pub in_flight: AtomicU64,
}

/// What the database knows of one tenant.
#[derive(Debug, Clone)]
pub struct OfTenant {
    /// Its name.
    pub tenant: String,
    /// Sessions that haven't ended.
    pub sessions: i64,
    /// Of these, how many are being worked on.
    pub in_flight: i64,
    /// How long the oldest one has been due, in seconds.
    pub oldest_due_seconds: f64,
}

impl Metrics {
    /// Everything, in the form that Prometheus reads.
    pub fn text(&self, tenants: &[OfTenant]) -> String {
        let mut text = String::new();
        let counters = [
            ("claims", "Sessions that were claimed.", &self.claims),
            ("steps", "Steps that ended.", &self.steps),
            ("failed_steps", "Steps that failed.", &self.failed),
            (
                "fences_refused",
                "Calls that lost their lease.",
                &self.fenced,
            ),
            ("transactions", "Transactions of calls.", &self.transactions),
            (
                "database_errors",
                "Questions to the database that failed.",
                &self.database_errors,
            ),
            (
                "lateness_milliseconds",
                "How late claims were, summed up.",
                &self.late_ms,
            ),
        ];
        for (name, help, value) in counters {
            let value = value.load(Ordering::Relaxed);
            // Writing into a text doesn't fail.
            let _ = write!(
                text,
                "# HELP libtv_fleet_{name} {help}\n# TYPE libtv_fleet_{name} counter\nlibtv_fleet_{name}_total {value}\n"
            );
        }
        let gauges = [
            ("in_flight", "Steps under way here.", &self.in_flight),
            (
                "latest_milliseconds",
                "The latest claim of the last look.",
                &self.latest_ms,
            ),
        ];
        for (name, help, value) in gauges {
            let value = value.load(Ordering::Relaxed);
            let _ = write!(
                text,
                "# HELP libtv_fleet_{name} {help}\n# TYPE libtv_fleet_{name} gauge\nlibtv_fleet_{name} {value}\n"
            );
        }
        type Get = fn(&OfTenant) -> f64;
        let of_tenants: [(&str, &str, Get); 3] = [
            ("tenant_sessions", "Sessions that haven't ended.", |one| {
                one.sessions as f64
            }),
            ("tenant_in_flight", "Sessions that are worked on.", |one| {
                one.in_flight as f64
            }),
            (
                "tenant_oldest_due_seconds",
                "How long the oldest has been due.",
                |one| one.oldest_due_seconds,
            ),
        ];
        for (name, help, get) in of_tenants {
            let _ = write!(
                text,
                "# HELP libtv_fleet_{name} {help}\n# TYPE libtv_fleet_{name} gauge\n"
            );
            for one in tenants {
                let _ = writeln!(
                    text,
                    "libtv_fleet_{name}{{tenant=\"{}\"}} {}",
                    // A tenant's name has no quotes: `tenant add` sees to that.
                    one.tenant,
                    get(one)
                );
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_ends_and_names_each_tenant() {
        let metrics = Metrics::default();
        metrics.claims.store(3, Ordering::Relaxed);
        let tenant = OfTenant {
            tenant: "acme".to_owned(),
            sessions: 7,
            in_flight: 2,
            oldest_due_seconds: 0.5,
        };
        let text = metrics.text(&[tenant]);
        assert!(text.contains("libtv_fleet_claims_total 3\n"), "{text}");
        assert!(
            text.contains("libtv_fleet_tenant_sessions{tenant=\"acme\"} 7\n"),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
