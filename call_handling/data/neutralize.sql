-- A copy of a database must not take the events of the real telephone systems, nor dial.
UPDATE call_pbx
   SET active = false,
       secret = NULL,
       previous_secret = NULL,
       api_secret = NULL,
       unsigned_allowed = false,
       token = 'neutralized-' || id
 WHERE adapter <> 'demo';

-- Nor must anything be sent to the server that writes transcripts.
UPDATE res_company
   SET call_transcript_url = NULL,
       call_transcript_key = NULL;

-- Until an administrator of calls declares it the original, also if its uuid is the same.
INSERT INTO ir_config_parameter (key, value)
VALUES ('call_handling.database_uuid', 'neutralized')
    ON CONFLICT (key) DO
       UPDATE SET value = 'neutralized';
-- Nor must its monitoring say that the telephone systems of the real one do not work.
DELETE FROM ir_config_parameter WHERE key = 'call_handling.health_token';

-- Nothing that was said is sent from it either.
UPDATE res_company SET call_outline_url = NULL, call_outline_key = NULL;
