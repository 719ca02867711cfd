//! The demonstration; being written.
pub(crate) async fn demo(_plain: bool) -> u8 {
    super::FAILED
}
