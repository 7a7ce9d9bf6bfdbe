//! What people meet is the same with every agent program.

/// Makes tests of a scenario, an `async fn` that takes a `Program`: one with each agent program.
macro_rules! both {
    ($scenario:ident) => {
        mod $scenario {
            use crate::stage::Program;

            #[tokio::test]
            async fn with_claude() {
                Box::pin(super::$scenario(Program::Claude)).await;
            }

            #[tokio::test]
            async fn with_codex() {
                Box::pin(super::$scenario(Program::Codex)).await;
            }
        }
    };
}
