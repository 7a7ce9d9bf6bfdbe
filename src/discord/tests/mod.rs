//! The room against the simulator, with a house that only writes down what it is told.

mod catch_up;
mod chat;
mod commands;
mod connect;
mod events;
mod failures;
mod gateway;
mod limits;
mod live;
mod outbox;
mod overflow;
mod people;
mod preflight;
mod relay;
mod serenity;
mod sight;
mod strain;
mod waits;
