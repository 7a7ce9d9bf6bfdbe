//! Finds the script in a text.

use serde_json::Value;

use super::Step;

const MARK: &str = "STUB:";

/// The steps of the last directive in a text, or nothing when there is none. Whatever stands before
/// the mark and after the JSON is ignored, so the directive may be framed, quoted or merged with
/// others. A mark inside another directive's JSON belongs to that JSON.
///
/// A directive that cannot be read becomes a step that says so, because the reply is where the person
/// who wrote it looks first.
pub(super) fn steps(text: &str) -> Option<Vec<Step>> {
    let mut found = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(MARK) {
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        let read = match values.next() {
            Some(Ok(value)) => typed(value),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("nothing follows the mark".to_owned()),
        };
        rest = if read.is_ok() {
            after.get(values.byte_offset()..).unwrap_or("")
        } else {
            after
        };
        found = Some(
            read.unwrap_or_else(|error| vec![Step::say(format!("bad STUB directive: {error}"))]),
        );
    }
    found
}

fn typed(value: Value) -> Result<Vec<Step>, String> {
    let steps = if value.is_array() {
        serde_json::from_value(value)
    } else {
        serde_json::from_value(value).map(|step| vec![step])
    }
    .map_err(|error| error.to_string())?;
    steps.iter().try_for_each(Step::check)?;
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Option<Vec<String>> {
        steps(text).map(|steps| steps.into_iter().filter_map(|step| step.text).collect())
    }

    #[test]
    fn a_text_without_the_mark_has_no_script() {
        assert_eq!(texts("just words"), None);
    }

    #[test]
    fn the_mark_may_stand_behind_a_frame_and_before_more_words() {
        let framed = "[message from alice at 10:00]\nplease STUB: [{\"text\":\"a\"},{\"text\":\"b\"}] thanks";
        assert_eq!(texts(framed), Some(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn the_last_of_several_directives_wins() {
        assert_eq!(
            texts(r#"STUB:{"text":"old"} then STUB:{"text":"new"}"#),
            Some(vec!["new".into()])
        );
    }

    #[test]
    fn a_mark_inside_a_directive_is_part_of_it() {
        let nested = r#"STUB:{"text":"say STUB:{\"text\":\"inner\"}"}"#;
        assert_eq!(
            texts(nested),
            Some(vec![r#"say STUB:{"text":"inner"}"#.into()])
        );
    }

    #[test]
    fn an_unknown_key_is_answered_with_its_name() {
        let said = texts(r#"STUB:{"txt":"typo"}"#).expect("a directive");
        assert!(
            said[0].starts_with("bad STUB directive: unknown field `txt`"),
            "{said:?}"
        );
    }

    #[test]
    fn a_call_of_two_tools_of_none_and_of_a_free_form_tool_without_its_text_are_answered() {
        for (script, why) in [
            (
                r#"{"tool":"a","custom":"b","input":"x"}"#,
                "a tool call is one of `tool`, `custom` and `do`",
            ),
            (
                r#"{"tool":"a","do":{"run":"true"}}"#,
                "a tool call is one of `tool`, `custom` and `do`",
            ),
            (
                r#"{"tools":[{"input":{}}]}"#,
                "a tool call needs `tool`, `custom` or `do`",
            ),
            (
                r#"{"custom":"apply_patch"}"#,
                "the input of the tool apply_patch has to be a text",
            ),
        ] {
            let said = texts(&format!("STUB:{script}"));
            assert_eq!(said, Some(vec![format!("bad STUB directive: {why}")]));
        }
    }

    #[test]
    fn an_impossible_status_and_an_impossible_header_are_answered() {
        assert_eq!(
            texts(r#"STUB:{"status":7}"#),
            Some(vec!["bad STUB directive: 7 is not an HTTP status".into()])
        );
        assert_eq!(
            texts(r#"STUB:{"headers":{"a b":1}}"#),
            Some(vec![
                "bad STUB directive: a b: 1 is not an HTTP header".into()
            ])
        );
    }
}
