//! What a tenant may spend: its paid requests of a day, all together and for each chat, counted in rows that every process
//! changes in one statement. No path of the component leads to them. A day is the database's, in UTC.

use std::sync::Arc;

use host::http::{Left, Pending, Place, Spending, Standing};
use tokio_postgres::types::Type;

use crate::database::{Database, Parameter};

/// One tenant's count.
pub struct OfTenant {
    database: Arc<Database>,
    tenant: String,
}

impl OfTenant {
    /// Of this tenant.
    pub fn new(database: &Arc<Database>, tenant: &str) -> Arc<Self> {
        Arc::new(Self {
            database: Arc::clone(database),
            tenant: tenant.to_owned(),
        })
    }

    async fn took(&self, group: &str) -> Result<Place, String> {
        // A count that is read and then written would let two in at once.
        // The rows are changed where their values allow it, so that of two who want the last place one gets it. The chat's
        // first: where the tenant's is full then, the chat's says one too many, never one too few.
        let statement = "with day as (select (now() at time zone 'utc')::date as d),
            mine as (select coalesce(jobs_per_chat_per_day, jobs_per_day) as most from tenant where id = $1),
            g as (
                insert into spent (tenant, chat, day, jobs) select $1, $2, day.d, 1 from day, mine where mine.most > 0
                on conflict (tenant, chat) do update
                    set jobs = case when spent.day = excluded.day then spent.jobs + 1 else 1 end, day = excluded.day
                    where spent.day <> excluded.day or spent.jobs < (select most from mine)
                returning 1),
            t as (
                update tenant set spent_jobs = case when spent_day = day.d then spent_jobs + 1 else 1 end, spent_day = day.d
                from day where id = $1 and exists (select from g) and jobs_per_day > 0
                    and (spent_day <> day.d or spent_jobs < jobs_per_day)
                returning 1)
            select (select count(*) from g), (select count(*) from t), (select d::text from day)";
        let parameters: [Parameter<'_>; 2] = [(&self.tenant, Type::TEXT), (&group, Type::TEXT)];
        let row = self.database.one(statement, &parameters).await;
        let row = row.map_err(|error| {
            format!("The jobs of the day can't be counted: {error}. Nothing was sent.")
        })?;
        let whose = match (row.get::<_, i64>(0), row.get::<_, i64>(1)) {
            (0, _) => " for this chat",
            (_, 0) => "",
            _ => return Ok(Place(format!("{} {group}", row.get::<_, String>(2)))),
        };
        Err(format!(
            "The limit of jobs a day{whose} is reached; the next is possible tomorrow (UTC). Nothing was sent."
        ))
    }

    async fn returned(&self, place: &Place) {
        let Some((day, group)) = place.0.split_once(' ') else {
            return;
        };
        let statement = "with g as (
                update spent set jobs = greatest(0, jobs - 1) where tenant = $1 and chat = $2 and day = $3::text::date)
            update tenant set spent_jobs = greatest(0, spent_jobs - 1) where id = $1 and spent_day = $3::text::date";
        let parameters: [Parameter<'_>; 3] = [
            (&self.tenant, Type::TEXT),
            (&group, Type::TEXT),
            (&day, Type::TEXT),
        ];
        // Where it can't be given back it stays taken: one job less today.
        drop(self.database.rows(statement, &parameters).await);
    }

    async fn stands(&self, group: Option<&str>) -> Result<Standing, String> {
        let statement =
            "select t.jobs_per_day, case when t.spent_day = d.d then t.spent_jobs else 0 end,
                t.jobs_per_chat_per_day, case when s.day = d.d then s.jobs else 0 end,
                (extract(epoch from (d.d + 1)::timestamp at time zone 'utc') * 1000)::int8
            from tenant t cross join (select (now() at time zone 'utc')::date as d) as d
            left join spent s on s.tenant = t.id and s.chat = $2 where t.id = $1";
        let group = group.unwrap_or_default();
        let parameters: [Parameter<'_>; 2] = [(&self.tenant, Type::TEXT), (&group, Type::TEXT)];
        let row = self.database.one(statement, &parameters).await;
        let row = row.map_err(|error| format!("the jobs of the day can't be counted: {error}"))?;
        let tomorrow = u64::try_from(row.get::<_, i64>(4)).ok();
        let left = |limit: i32, spent: Option<i32>| {
            let whole = |number: i32| u32::try_from(number).unwrap_or_default();
            let (limit, spent) = (whole(limit), whole(spent.unwrap_or_default()));
            let left = limit.saturating_sub(spent);
            Left {
                limit,
                left,
                next_at_ms: tomorrow.filter(|_| left == 0 && limit > 0),
            }
        };
        Ok(Standing {
            all: left(row.get(0), row.get(1)),
            group: row
                .get::<_, Option<i32>>(2)
                .map(|limit| left(limit, row.get(3))),
        })
    }
}

impl Spending for OfTenant {
    fn take<'a>(&'a self, group: Option<&'a str>) -> Pending<'a, Result<Place, String>> {
        Box::pin(self.took(group.unwrap_or_default()))
    }

    fn give_back(&self, place: Place) -> Pending<'_, ()> {
        Box::pin(async move { self.returned(&place).await })
    }

    fn standing<'a>(&'a self, group: Option<&'a str>) -> Pending<'a, Result<Standing, String>> {
        Box::pin(self.stands(group))
    }
}
