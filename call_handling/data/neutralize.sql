-- A copy of a database must not take the events of the real telephone systems, nor dial.
UPDATE call_pbx
   SET active = false,
       secret = NULL,
       previous_secret = NULL,
       api_secret = NULL,
       unsigned_allowed = false,
       token = 'neutralized-' || id
 WHERE adapter <> 'demo';
-- Nor must its monitoring say that the telephone systems of the real one do not work.
DELETE FROM ir_config_parameter WHERE key = 'call_handling.health_token';
