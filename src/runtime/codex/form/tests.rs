//! Forms of MCP servers.

use super::*;

fn asked(properties: &Value, required: &[&str]) -> Form {
    read(
        &json!({"mode": "form", "message": "About you", "serverName": "s",
        "requestedSchema": {"type": "object", "properties": properties, "required": required}}),
    )
}

fn questions(properties: &Value, required: &[&str]) -> Value {
    let Form::Questions(questions) = asked(properties, required) else {
        panic!("{:?}", asked(properties, required));
    };
    Value::Array(questions)
}

/// What comes of answers to the fields, in their order.
fn filled(questions: &Value, given: &[&str]) -> Result<Value, String> {
    let each = questions.as_array().unwrap().iter().zip(given);
    let answers: Map<String, Value> = each
        .map(|(question, answer)| {
            (
                question["answer_key"].as_str().unwrap().to_owned(),
                json!(answer),
            )
        })
        .collect();
    content(questions, &Value::Object(answers))
}

#[test]
fn every_flat_field_is_asked_for_and_its_answer_comes_back_as_its_kind() {
    let fields = json!({
        "age": {"type": "integer", "minimum": 1, "maximum": 150, "title": "Your age"},
        "fruit": {"type": "string", "oneOf": [{"const": "a", "title": "Apple"}, {"const": "b", "title": "Banana"}]},
        "name": {"type": "string", "maxLength": 5, "description": "as it is written"},
        "ripe": {"type": "boolean"},
    });
    let questions = questions(&fields, &["age", "fruit", "name"]);
    assert_eq!(
        questions[0]["question"],
        "The MCP server `s` asks. Write no password or code here: everybody here can read it.\n\
         About you\nYour age: integer, minimum 1, maximum 150"
    );
    let third = questions[2]["question"].as_str().unwrap();
    assert!(
        third.ends_with("About you\nname: as it is written: maxLength 5"),
        "{third}"
    );
    let labels = |n: usize| {
        let all = questions[n]["options"].as_array().unwrap().iter();
        all.map(|one| one["label"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(0), [""; 0]);
    assert_eq!(labels(1), ["Apple", "Banana"]);
    assert_eq!(labels(3), [YES, NO, EMPTY]);
    assert_eq!(
        filled(&questions, &["42", "Banana", "Ann", YES]),
        Ok(json!({"age": 42, "fruit": "b", "name": "Ann", "ripe": true}))
    );
    assert_eq!(
        filled(&questions, &["1", "Apple", "Ann", EMPTY]),
        Ok(json!({"age": 1, "fruit": "a", "name": "Ann"}))
    );
    for given in [
        ["old", "Apple", "Ann", NO],
        ["0", "Apple", "Ann", NO],
        [EMPTY, "Apple", "Ann", NO],
        ["1", "Cherry", "Ann", NO],
        ["1", "a", "Ann", NO],
        ["1", "Apple", "Annabella", NO],
        ["1", "Apple", "Ann", "perhaps"],
    ] {
        assert!(filled(&questions, &given).is_err(), "{given:?}");
    }
}

#[test]
fn several_of_a_list_and_numbers_with_a_point_can_be_given() {
    let fields = json!({
        "of": {"type": "array", "maxItems": 2, "items": {"type": "string", "enum": ["x", "y", "z"]}},
        "part": {"type": "number"},
    });
    let questions = questions(&fields, &["of", "part"]);
    assert_eq!(questions[0]["multiSelect"], true);
    assert_eq!(
        filled(&questions, &["x, z", "0.5"]),
        Ok(json!({"of": ["x", "z"], "part": 0.5}))
    );
    for given in [["x, q", "1"], ["x, y, z", "1"], ["x", "NaN"], ["", "1"]] {
        assert!(filled(&questions, &given).is_err(), "{given:?}");
    }
}

#[test]
fn a_form_that_cannot_be_asked_or_asks_for_a_secret_is_declined_with_a_sentence() {
    let text = json!({"type": "string"});
    for (fields, part) in [
        (
            json!({"a": text, "b": text, "c": text, "d": text, "e": text}),
            "more than 4 fields",
        ),
        (json!({"deep": {"type": "object"}}), "of a kind"),
        (
            json!({"same": {"type": "string", "enum": ["a", "a"]}}),
            "of a kind",
        ),
        (
            json!({"key": {"type": "string", "description": "your API key"}}),
            "a secret",
        ),
        (json!({"db_password": text}), "a secret"),
        (
            json!({"which": {"type": "string", "enum": ["my PIN is", "none"]}}),
            "a secret",
        ),
        (
            json!({"what": {"type": "string", "format": "password"}}),
            "a secret",
        ),
        (
            json!({"what": {"type": "string", "description": "x".repeat(MOST)}}),
            "too long",
        ),
        (
            json!({"of": {"type": "string", "enum": vec!["a"; MOST_OPTIONS + 1]}}),
            "of a kind",
        ),
    ] {
        let Form::Declined(why) = asked(&fields, &[]) else {
            panic!("{fields}");
        };
        assert!(why.contains(part), "{why}");
    }
    let fields = json!({"type": "object", "properties": {"what": text}});
    let form =
        read(&json!({"mode": "form", "message": "Your code for 2FA", "requestedSchema": fields}));
    assert!(matches!(form, Form::Declined(_)), "{form:?}");
    for mode in [
        json!("openai/form"),
        json!("openai/userVerification"),
        Value::Null,
    ] {
        let form = read(&json!({"mode": mode, "message": "m"}));
        assert!(matches!(form, Form::Declined(_)), "{mode}: {form:?}");
    }
    assert_eq!(asked(&json!({}), &[]), Form::Plain);
    assert_eq!(
        read(&json!({"mode": "url", "url": "https://a.example"})),
        Form::Plain
    );
}

#[test]
fn fields_that_are_asked_for_in_the_same_words_have_answers_of_their_own() {
    let fruit = json!({"type": "string", "enum": ["apple", "banana"], "title": "Which fruit"});
    let questions = questions(&json!({"mine": fruit, "yours": fruit}), &["mine", "yours"]);
    assert_eq!(questions[0]["question"], questions[1]["question"]);
    assert_eq!(
        filled(&questions, &["apple", "banana"]),
        Ok(json!({"mine": "apple", "yours": "banana"}))
    );
}
