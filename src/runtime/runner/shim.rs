//! The step between a runner and its agent: ties the agent's life to the runner's and becomes it.
