//! How the words of the house are stored: Discord ids and times as INTEGER, own ids as 16 bytes,
//! states and kinds by name.

use sqlx::{
    Decode, Encode, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};
use uuid::Uuid;

use crate::{
    clock::Millis,
    words::{
        AgentMode, ApprovalId, ApprovalKind, ApprovalState, ChannelId, Choice, Circle, DeliveryId,
        GrantId, GrantReach, GrantScope, GuildId, MessageId, RequestId, RequestState, Route, RunId,
        RunState, RunnerId, RuntimeKind, Scope, SessionId, SlotName, Tier, UserId,
    },
};

use super::deliveries::{DeliveryKind, DeliveryState};

/// Stores a type as another one that SQLite knows.
macro_rules! stored_as {
    ($($name:ty as $raw:ty, $into:expr, $from:expr;)*) => {$(
        impl Type<Sqlite> for $name {
            fn type_info() -> SqliteTypeInfo {
                <$raw as Type<Sqlite>>::type_info()
            }

            fn compatible(ty: &SqliteTypeInfo) -> bool {
                <$raw as Type<Sqlite>>::compatible(ty)
            }
        }

        impl Encode<'_, Sqlite> for $name {
            fn encode_by_ref(&self, buf: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                let raw: $raw = $into(self)?;
                Encode::<Sqlite>::encode(raw, buf)
            }
        }

        impl Decode<'_, Sqlite> for $name {
            fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
                let raw = <$raw as Decode<Sqlite>>::decode(value)?;
                $from(raw)
            }
        }
    )*};
}

macro_rules! snowflakes_stored {
    ($($name:ident),*) => { stored_as! {$(
        $name as i64,
        |id: &$name| Ok::<_, BoxDynError>(i64::try_from(id.get())?),
        |raw: i64| Ok($name::new(u64::try_from(raw)?));
    )*} };
}

macro_rules! own_ids_stored {
    ($($name:ident),*) => { stored_as! {$(
        $name as Uuid,
        |id: &$name| Ok::<_, BoxDynError>(id.uuid()),
        |raw: Uuid| Ok($name::from_uuid(raw));
    )*} };
}

macro_rules! words_stored {
    ($($name:ident),*) => { stored_as! {$(
        $name as String,
        |word: &$name| Ok::<_, BoxDynError>(word.to_string()),
        |raw: String| Ok(raw.parse::<$name>()?);
    )*} };
}

snowflakes_stored!(GuildId, ChannelId, MessageId, UserId);
own_ids_stored!(
    ApprovalId, GrantId, SessionId, RequestId, RunId, RunnerId, DeliveryId
);
words_stored!(
    AgentMode,
    ApprovalKind,
    ApprovalState,
    Choice,
    GrantReach,
    GrantScope,
    Route,
    Circle,
    Tier,
    Scope,
    RunState,
    RequestState,
    RuntimeKind,
    SlotName,
    DeliveryKind,
    DeliveryState
);
stored_as! {
    Millis as i64, |at: &Millis| Ok::<_, BoxDynError>(at.get()), |raw: i64| Ok(Millis::new(raw));
}
