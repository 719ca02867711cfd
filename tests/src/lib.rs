//! Stand-ins for the services the skill talks to.
