-- A copy of a database must not take the events of the real telephone systems, nor dial.
UPDATE call_pbx
   SET active = false,
       secret = NULL,
       previous_secret = NULL,
       api_secret = NULL,
       unsigned_allowed = false,
       token = 'neutralized-' || id
 WHERE adapter <> 'demo';
