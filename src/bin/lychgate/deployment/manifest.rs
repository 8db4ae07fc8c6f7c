//! One environment of a Worker's configuration, as wrangler reads it.

use toml::{Table, Value};

/// The configuration of one environment.
pub(crate) struct Manifest {
    top: Table,
    /// The environment's own table, if one was named.
    environment: Option<Table>,
}

impl Manifest {
    /// Parses the file's text.
    pub(crate) fn parse(text: &str, is_json: bool, environment: Option<&str>) -> Result<Self, String> {
        let top: Table = if is_json {
            serde_json::from_str(text)
                .map_err(|error| format!("is not the JSON that is expected: {error}"))?
        } else {
            toml::from_str(text).map_err(|error| format!("is not TOML: {}", error.message()))?
        };
        let environment = match environment {
            None => None,
            Some(name) => {
                let table = top
                    .get("env")
                    .and_then(|all| all.get(name))
                    .and_then(Value::as_table);
                Some(
                    table
                        .cloned()
                        .ok_or_else(|| format!("has no environment {name}"))?,
                )
            }
        };
        Ok(Self { top, environment })
    }

    /// A setting that environments inherit.
    pub(crate) fn inherited(&self, name: &str) -> Option<&Value> {
        self.environment
            .as_ref()
            .and_then(|environment| environment.get(name))
            .or_else(|| self.top.get(name))
    }

    /// A setting that environments do not inherit: variables and bindings.
    pub(crate) fn own(&self, name: &str) -> Option<&Value> {
        self.environment.as_ref().unwrap_or(&self.top).get(name)
    }

    /// Whether a route leads a host to the Worker.
    pub(crate) fn routes_to(&self, host: &str) -> bool {
        let several = self.inherited("routes").and_then(Value::as_array);
        let all = several.into_iter().flatten().chain(self.inherited("route"));
        all.filter_map(|route| route.as_str().or_else(|| route.get("pattern")?.as_str()))
            .any(|pattern| {
                let pattern = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
                let name = pattern.split('/').next().unwrap_or_default();
                name.eq_ignore_ascii_case(host)
                    || name.strip_prefix('*').is_some_and(|suffix| {
                        host.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase())
                    })
            })
    }

    /// The variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        let table = self.own("vars").and_then(Value::as_table);
        table
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// A variable's text. A number is in digits; a value that the gate could not read is `None`.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let (_, value) = self.variables().find(|(found, _)| *found == name)?;
        Some(match value {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(truth) => truth.to_string(),
            Value::Datetime(_) | Value::Array(_) | Value::Table(_) => String::new(),
        })
    }

    /// The binding of that name and kind.
    pub(crate) fn binding(&self, kind: &str, name: &str) -> Option<&Table> {
        let all = match kind {
            "durable_objects" => self.own(kind)?.get("bindings")?,
            _ => self.own(kind)?,
        };
        all.as_array()?
            .iter()
            .filter_map(Value::as_table)
            .find(|binding| {
                let named = binding.get("binding").or_else(|| binding.get("name"));
                named.and_then(Value::as_str) == Some(name)
            })
    }
}
