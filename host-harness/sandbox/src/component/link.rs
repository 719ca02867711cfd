//! What a component may import: WASI 0.2 with its HTTP, and nothing else. What isn't granted (sockets, other folders) is
//! there and answers "no".

use wasmtime::component::{Linker, Resource};
use wasmtime::{Engine, StoreContextMut};
use wasmtime_wasi_http::p2::bindings::LinkOptions;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host;
use wasmtime_wasi_http::p2::bindings::http::types::{self, ErrorCode};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{RequestOptions, WasiHttp, WasiHttpView};

use crate::call::Guest;

/// A component may import an earlier patch version: they are compatible.
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// Everything that a component may import.
///
/// # Errors
/// The engine's; none with its own interfaces.
pub fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    // All of WASI 0.2, sockets included: a component that imports them is loaded, and each attempt to use
    // them is refused.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    crate::call::add_to_linker(&mut linker)?;
    // The types alone are the library's: its handler for requests is replaced by the one below.
    types::add_to_linker::<_, WasiHttp>(&mut linker, &LinkOptions::default().into(), Guest::http)?;
    linker
        .instance(OUTGOING_HANDLER)?
        .func_wrap("handle", |store, (request, options)| {
            Ok((handle(store, request, options)?,))
        })?;
    Ok(linker)
}

/// The library's own `handle` takes a request's options from the guest and keeps them: with every request one handle
/// less, until a long command has none left. Here they are dropped.
fn handle(
    mut store: StoreContextMut<'_, Guest>,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> wasmtime::Result<Result<Resource<HostFutureIncomingResponse>, ErrorCode>> {
    let mut view = store.data_mut().http();
    let taken = options.as_ref().map(Resource::rep);
    let answer = view.handle(request, options);
    if let Some(options) = taken {
        view.table
            .delete(Resource::<RequestOptions>::new_own(options))?;
    }
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}
