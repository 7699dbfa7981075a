//! A host's own table with a copy of the address: the SQL of the manual keeps it right in the same transaction, and finds rows that
//! differ.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::sync::Arc;

use doorward::store::sqlx::postgres::PgPool;
use doorward::store::sqlx::{AssertSqlSafe, SqlitePool, query_scalar, raw_sql};
use doorward::store::{MemoryAttempts, PostgresStore, SqliteStore};
use doorward::testing::RecordingMailer;
use doorward::{Auth, Operator, SignInRequest, SignedIn, UserRepository};
use support::sql::{Folder, block_on};
use support::*;

/// The blocks of SQL in that chapter of the manual: for SQLite, for PostgreSQL, and the query for both.
fn of_the_manual() -> [String; 3] {
    let (_, chapter) = include_str!("../src/manual/implementing_a_repository.md")
        .split_once("# A table of your own that holds a copy")
        .expect("the manual has the chapter");
    let blocks = chapter.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect::<Vec<_>>().try_into().expect("three blocks")
}

async fn opened(users: impl UserRepository) -> (Auth, Operator, SignedIn, RecordingMailer) {
    let mailer = RecordingMailer::new();
    let (auth, operator) = Auth::builder(site(), users, MemoryAttempts::new(), mailer.clone())
        .configure(for_tests)
        .build_with_operator()
        .unwrap();
    let account = operator.provision_without_mail(email(ANN)).await.unwrap();
    let request = SignInRequest::new(ANN, account.temporary_password.expose());
    let Ok(doorward::SignIn::PasswordChangeRequired(challenge)) = auth.sign_in(request).await else { panic!() };
    let ann = complete(auth.choose_password(&challenge, OLD).await.unwrap());
    (auth, operator, ann, mailer)
}

/// A change by its owner, its undoing, and one by an operator: the copy follows each of them.
async fn moves(
    (auth, operator, ann, mailer): (Auth, Operator, SignedIn, RecordingMailer),
    copy: impl AsyncFn() -> String,
) {
    let _ = auth.request_email_change(&ann, email("ann@new.example")).await.unwrap();
    let token = mailer.last_to(&email("ann@new.example")).unwrap().token().unwrap();
    assert_eq!(copy().await, ANN);
    let ann = auth.confirm_email_change(&ann, &token).await.unwrap();
    assert_eq!(copy().await, "ann@new.example");
    let undo = mailer.last_to(&email(ANN)).unwrap().token().unwrap();
    let _ = auth.undo_email_change(&undo).await.unwrap();
    assert_eq!(copy().await, ANN);
    let Ok(doorward::SignIn::PasswordChangeRequired(challenge)) =
        auth.sign_in(SignInRequest::new(ANN, &mailer.last().unwrap().temporary_password().unwrap())).await
    else {
        panic!("no temporary password")
    };
    let _ = auth.choose_password(&challenge, NEW).await.unwrap();
    operator.change_email(ann.user_id(), email("ann@third.example")).await.unwrap();
    assert_eq!(copy().await, "ann@third.example");
}

#[test]
fn r03_a_copy_beside_sqlite_follows_in_the_same_write() {
    let [trigger, _, differing] = of_the_manual();
    let folder = Folder::new();
    block_on(async {
        let pool = SqlitePool::connect_with(SqliteStore::options(&folder.url("auth.db")).unwrap()).await.unwrap();
        let store = SqliteStore::new(pool.clone());
        store.migrate().await.unwrap();
        let host = opened(Arc::new(store)).await;
        raw_sql("CREATE TABLE people (user_id TEXT PRIMARY KEY, email TEXT NOT NULL)").execute(&pool).await.unwrap();
        raw_sql("INSERT INTO people SELECT id, 'old@acme.example' FROM doorward_users").execute(&pool).await.unwrap();
        let differ =
            async || query_scalar::<_, String>(AssertSqlSafe(differing.clone())).fetch_all(&pool).await.unwrap();
        assert_eq!(differ().await, [host.2.user_id().as_str()], "a row that differs is found");
        raw_sql("UPDATE people SET email = (SELECT email FROM doorward_users)").execute(&pool).await.unwrap();
        assert!(differ().await.is_empty());
        raw_sql(AssertSqlSafe(trigger)).execute(&pool).await.unwrap();
        moves(host, async || query_scalar("SELECT email FROM people").fetch_one(&pool).await.unwrap()).await;
        assert!(differ().await.is_empty());
    });
}

#[test]
fn r03_a_copy_beside_postgres_follows_in_the_same_write() {
    let Some(url) = support::postgres::url_or_skip("a copy of the address on PostgreSQL") else { return };
    let [_, trigger, differing] = of_the_manual();
    block_on(async {
        // Names of its own, beside those of other tests.
        let named = |sql: &str| {
            AssertSqlSafe(sql.replace("doorward_users", "hostcopy_users").replace("people", "hostcopy_people"))
        };
        let pool = PgPool::connect(url).await.unwrap();
        let forget = "DROP TABLE IF EXISTS hostcopy_users, hostcopy_attempts, hostcopy_migrations, hostcopy_people CASCADE; \
                      DROP FUNCTION IF EXISTS hostcopy_people_email CASCADE";
        raw_sql(forget).execute(&pool).await.unwrap();
        let store = PostgresStore::new(pool.clone()).with_prefix("hostcopy_").unwrap();
        store.migrate().await.unwrap();
        let host = opened(Arc::new(store)).await;
        raw_sql(named("CREATE TABLE people (user_id TEXT PRIMARY KEY, email TEXT NOT NULL)"))
            .execute(&pool)
            .await
            .unwrap();
        raw_sql(named("INSERT INTO people SELECT id, 'old@acme.example' FROM doorward_users"))
            .execute(&pool)
            .await
            .unwrap();
        let differ = async || query_scalar::<_, String>(named(&differing)).fetch_all(&pool).await.unwrap();
        assert_eq!(differ().await, [host.2.user_id().as_str()], "a row that differs is found");
        raw_sql(named("UPDATE people SET email = (SELECT email FROM doorward_users)")).execute(&pool).await.unwrap();
        raw_sql(named(&trigger)).execute(&pool).await.unwrap();
        moves(host, async || query_scalar(named("SELECT email FROM people")).fetch_one(&pool).await.unwrap()).await;
        assert!(differ().await.is_empty());
        raw_sql(forget).execute(&pool).await.unwrap();
    });
}
