#[tokio::main]
async fn main() -> Result<(), doorward_frameworks::Error> {
    doorward_frameworks::run(doorward_frameworks::hyper::serve).await
}
