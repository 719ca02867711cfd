//! An app of a service: who the user is there. Its secret stands in requests itself, or is exchanged for a token.

use std::sync::Arc;

use contract::services::Service;

use super::base_url::BaseUrl;
use crate::secrets::Secret;

/// What identifies the user to a service that knows apps.
pub struct App {
    /// The service.
    pub service: &'static Service,
    /// The app's id; empty where the service's apps have none. No secret.
    pub app_id: String,
    /// The app's secret.
    pub secret: Arc<Secret>,
    /// Where the service is: one of its origins, or an override.
    pub base: BaseUrl,
    /// Where it was found, as people read it in `check`.
    pub found_in: String,
}

impl App {
    /// The name of its secret in the record.
    pub fn secret_name(&self) -> &'static str {
        let credential = self.service.credential;
        credential.map_or("", |known| {
            known
                .exchange
                .map_or(known.name, |exchange| exchange.secret_name)
        })
    }
}
