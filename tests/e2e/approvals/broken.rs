//! Questions that nobody can read any more.

use super::*;
use crate::recovery::{kill_process, the_agent};

both!(a_question_whose_run_could_not_be_ended_as_it_should_loses_its_buttons);

async fn a_question_whose_run_could_not_be_ended_as_it_should_loses_its_buttons(program: Program) {
    let (stage, thread, question) = touching_by(program, "it").await;
    let pointer = stage.says(thread, "an owner was asked").await;
    stage.sql("UPDATE approvals SET asked_by = '{'").await;
    kill_process(the_agent(&stage));
    stage.says(thread, "Baton could not use its database").await;
    for at in [question.at(), pointer.at()] {
        stage
            .closed(at, "⚠️ This question cannot be read any more")
            .await;
    }
    stage.until_settled().await;
    // And the conversation goes on.
    let ann = stage.sim.user("ann");
    ann.says(r#"and now? STUB:[{"text":"now you"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "now you").await;
}
