//! The skill without IO.
