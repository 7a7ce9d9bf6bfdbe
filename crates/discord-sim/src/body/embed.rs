//! An embed (Discord: resources/message, "Embed Object").

use serde::{Deserialize, Serialize};

/// An embed as a bot sends it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Embed {
    pub(crate) title: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) color: Option<u32>,
    pub(crate) footer: Option<Footer>,
    pub(crate) image: Option<Media>,
    pub(crate) thumbnail: Option<Media>,
    pub(crate) video: Option<Media>,
    pub(crate) provider: Option<Provider>,
    pub(crate) author: Option<Author>,
    pub(crate) fields: Option<Vec<Field>>,
    pub(crate) flags: Option<u64>,
}

/// The line at the bottom.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Footer {
    pub(crate) text: String,
    pub(crate) icon_url: Option<String>,
    pub(crate) proxy_icon_url: Option<String>,
}

/// A picture or video.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Media {
    pub(crate) url: Option<String>,
    pub(crate) proxy_url: Option<String>,
    pub(crate) height: Option<u32>,
    pub(crate) width: Option<u32>,
}

/// Where the embedded thing comes from.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Provider {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
}

/// The line at the top.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Author {
    pub(crate) name: String,
    pub(crate) url: Option<String>,
    pub(crate) icon_url: Option<String>,
    pub(crate) proxy_icon_url: Option<String>,
}

/// A name with a value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) inline: bool,
}

/// How long one text of an embed may be (Discord: resources/message, "Embed Limits").
pub(crate) struct EmbedText<'a> {
    pub(crate) field: String,
    pub(crate) text: &'a str,
    pub(crate) limit: usize,
    /// Whether it cannot be empty.
    pub(crate) required: bool,
}

impl Embed {
    /// Every text that has a limit and counts for the sum over all embeds.
    pub(crate) fn texts(&self) -> Vec<EmbedText<'_>> {
        let footer = self.footer.as_ref().map(|footer| &footer.text);
        let author = self.author.as_ref().map(|author| &author.name);
        let own = [
            ("title", self.title.as_ref(), 256, false),
            ("description", self.description.as_ref(), 4_096, false),
            ("footer.text", footer, 2_048, true),
            ("author.name", author, 256, true),
        ];
        let own = own
            .into_iter()
            .filter_map(|(field, text, limit, required)| {
                Some((field.to_owned(), text?, limit, required))
            });
        let fields = self.fields.iter().flatten().enumerate();
        let fields = fields.flat_map(|(index, field)| {
            let at = |part: &str| format!("fields.{index}.{part}");
            [
                (at("name"), &field.name, 256, true),
                (at("value"), &field.value, 1_024, true),
            ]
        });
        own.chain(fields)
            .map(|(field, text, limit, required)| EmbedText {
                field,
                text,
                limit,
                required,
            })
            .collect()
    }
}
