//! Every statement of the stores uses an index, however many rows there are.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use doorward::store::sqlx::postgres::PgPool;
use doorward::store::sqlx::sqlite::SqlitePool;
use doorward::store::sqlx::{AssertSqlSafe, Row, query, raw_sql};
use doorward::store::{PostgresStore, SqliteStore};
use support::sql::{Folder, block_on, fresh_prefix};

/// So many rows that no planner would read them all.
const ROWS: u32 = 20_000;

/// Statements that must search by an index; all except the count, which scans an index.
fn planned(statements: Vec<(&'static str, &str)>) -> Vec<(&'static str, String)> {
    let all: Vec<_> = statements.into_iter().map(|(name, sql)| (name, sql.to_owned())).collect();
    assert_eq!(all.len(), 26);
    all
}

#[test]
fn every_plan_on_sqlite_is_an_index_look_up() {
    let folder = Folder::new();
    block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap().with_journal();
        store.migrate().await.unwrap();
        let pool = SqlitePool::connect(&folder.url("auth.db")).await.unwrap();
        for (name, statement) in planned(store.statements()) {
            // The same statement in a transaction.
            if name.ends_with("with entries") {
                continue;
            }
            let plan = query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"))).fetch_all(&pool).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            let is_insert = plan.is_empty() && statement.starts_with("INSERT");
            if name == "count" {
                assert_eq!(plan, ["SCAN doorward_users USING COVERING INDEX doorward_users_status"]);
                continue;
            }
            // Of one row each.
            let single = ["SCAN CONSTANT ROW", "SCAN always", "SCAN nearest LEFT-JOIN"];
            let scans = plan.iter().any(|step| {
                step.starts_with("SCAN") && !single.contains(&step.as_str()) || step.contains("TEMP B-TREE")
            });
            let by = |step: &str| step.contains("INDEX") || step.contains("INTEGER PRIMARY KEY");
            let searches = plan.iter().any(|step| step.starts_with("SEARCH") && by(step));
            assert!(is_insert || (searches && !scans), "{name}: {plan:?}");
        }
    });
}

#[test]
fn every_plan_on_postgres_is_an_index_look_up() {
    let Some(url) = support::postgres::url_or_skip("the plans on PostgreSQL") else { return };
    block_on(async {
        let (prefix, pool) = (fresh_prefix(), PgPool::connect(url).await.unwrap());
        let store = PostgresStore::new(pool.clone()).with_prefix(&prefix).unwrap().with_journal();
        store.migrate().await.unwrap();
        let fill = format!(
            "INSERT INTO {prefix}users SELECT 'id' || n, 'user' || n || '@acme.example', repeat('h', 66), 'v' || n,
                CASE n % 2 WHEN 0 THEN 'active' ELSE 'deactivated' END, CASE n % 100 WHEN 0 THEN n END,
                CASE n % 100 WHEN 1 THEN n END,
                repeat('x', 500)
                FROM generate_series(1, {ROWS}) n;
            INSERT INTO {prefix}attempts SELECT 'key' || n, 'v' || n, n, repeat('x', 200)
                FROM generate_series(1, {ROWS}) n;
            INSERT INTO {prefix}journal (user_id, seq, at, event)
                SELECT 'id' || n % 100, n / 100, n, 'event' || n % 50 FROM generate_series(1, {ROWS}) n;
            ANALYZE {prefix}users; ANALYZE {prefix}attempts; ANALYZE {prefix}journal;"
        );
        raw_sql(AssertSqlSafe(fill)).execute(&pool).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        for (name, statement) in planned(store.statements()) {
            // The plan of a prepared statement whose parameters are unknown.
            let parameters = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; parameters].join(", ");
            let call = if parameters == 0 { "EXECUTE plan".to_owned() } else { format!("EXECUTE plan({nulls})") };
            let prepare = format!("SET plan_cache_mode = force_generic_plan; PREPARE plan AS {statement}");
            raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
            let plan = raw_sql(AssertSqlSafe(format!("EXPLAIN {call}"))).fetch_all(&mut *connection).await.unwrap();
            raw_sql("DEALLOCATE plan").execute(&mut *connection).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            if name == "count" {
                continue;
            }
            let is_insert = statement.starts_with("INSERT") && plan.contains("Result")
                || name == "insert with entries" && !plan.contains("Seq Scan");
            assert!(is_insert || (plan.contains("Index") && !plan.contains("Seq Scan")), "{name}: {plan}");
        }
    });
}
