//! The fleet on a real PostgreSQL, with the real component and the fakes. Where there is no PostgreSQL these say so and pass;
//! `.ci/run fleet` installs one and sets `LIBTV_FLEET_REQUIRED`, with which they fail instead.

mod chaos;
mod leases;
mod path;
mod postgres;
mod proxy;
mod rig;
