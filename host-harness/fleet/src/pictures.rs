//! The user's own pictures, for services that take them in the request itself: records of the tenant in the component's folder for them.
//! Each is some megabytes, so that no step is given any: a submit has those that its words name. Not here: what a picture is, and
//! what stands for one (the component's), and how one comes here (`upload.rs`).

use contract::state::PICTURE_MARK;
use tokio_postgres::types::Type;

use crate::database::{Database, DatabaseError, Parameter};

/// So many a tenant keeps, and so many bytes: those of some requests, of which each takes fourteen at most. An older one goes first.
const MOST: i64 = 100;
const MOST_BYTES: i64 = 128 << 20;
/// So long one is kept, as on one machine.
const KEPT_FOR: &str = "7 days";
/// No request takes more of them; two of one content may be there for a moment.
const MOST_OF_REQUEST: i64 = 40;

/// The pictures that these words name.
///
/// # Errors
/// The database's.
pub(crate) async fn named(
    database: &Database,
    tenant: &str,
    words: &str,
) -> Result<Vec<(String, Vec<u8>)>, DatabaseError> {
    let digests = digests(words);
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let statement =
        "select path, bytes from record where tenant = $1 and scope = '' and path like 'pictures/%'
        and split_part(substr(path, 10), '-', 1) = any($2) limit $3";
    let parameters: [Parameter<'_>; 3] = [
        (&tenant, Type::TEXT),
        (&digests, Type::TEXT_ARRAY),
        (&MOST_OF_REQUEST, Type::INT8),
    ];
    let rows = database.rows(statement, &parameters).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// What stands behind each mark, as far as it can be a digest. One that is none names no record.
fn digests(words: &str) -> Vec<&str> {
    let behind = words.split(PICTURE_MARK).skip(1);
    let digest = |text| -> &str {
        let text: &str = text;
        let end = text.find(|c: char| !c.is_ascii_hexdigit());
        &text[..end.unwrap_or(text.len())]
    };
    behind.map(digest).filter(|text| !text.is_empty()).collect()
}

/// Removes what is too old or too much, and all but the latest of one content.
///
/// # Errors
/// The database's.
pub(crate) async fn prune(database: &Database, tenant: &str) -> Result<(), DatabaseError> {
    let statement = format!(
        "with kept as (
            select path, changed_at, row_number() over latest as nth, sum(length(bytes)) over latest as size,
                row_number() over (partition by split_part(substr(path, 10), '-', 1) order by changed_at desc, path) as same
            from record where tenant = $1 and scope = '' and path like 'pictures/%'
            window latest as (order by changed_at desc, path))
        delete from record r using kept k where r.tenant = $1 and r.path = k.path
            and (k.nth > $2 or k.size > $3 or k.same > 1 or k.changed_at < now() - interval '{KEPT_FOR}')"
    );
    let parameters: [Parameter<'_>; 3] = [
        (&tenant, Type::TEXT),
        (&MOST, Type::INT8),
        (&MOST_BYTES, Type::INT8),
    ];
    database.rows(&statement, &parameters).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_pictures_wherever_they_stand() {
        assert_eq!(digests("a cat"), [] as [&str; 0]);
        assert_eq!(
            digests("a cat libtv-file:0a1b, a dog\nlibtv-file:ff libtv-file:../x libtv-file:"),
            ["0a1b", "ff"]
        );
    }
}
