from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import Exact, Range


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0004_blocks"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="messages_to_expire"
            ),
        ),
        migrations.RemoveConstraint(model_name="message", name="messages_envelope_size"),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(Range(Length("envelope"), (482, 65762)), Exact(Length("envelope"), 226), _connector="OR"),
                name="messages_envelope_size",
            ),
        ),
        # What is left of an envelope (docs/protocol.md, "A message that has gone"): kind 6, the header, the hash of the body, the proof.
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION message_tombstone(envelope bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
                    SELECT '\\x0106'::bytea || substring(envelope FROM 3 FOR 160)
                        || sha256('\\x14'::bytea || 'sotto/1 message body'::bytea
                                  || substring(envelope FROM 163 FOR length(envelope) - 194))
                        || substring(envelope FROM length(envelope) - 31)
                $$
            """,
            reverse_sql="DROP FUNCTION message_tombstone(bytea)",
        ),
        # A row is an envelope or a tombstone, by its kind and its size; and it is to expire exactly if it is an envelope whose header
        # names a lifetime.
        migrations.RunSQL(
            sql="""
                ALTER TABLE messages ADD CONSTRAINT messages_expire_as_sealed CHECK (
                    substring(envelope FROM 2 FOR 1) = CASE length(envelope) WHEN 226 THEN '\\x06'::bytea ELSE '\\x04'::bytea END
                    AND (expires_at IS NOT NULL)
                        = (length(envelope) <> 226 AND substring(envelope FROM 159 FOR 4) <> '\\x00000000'::bytea))
            """,
            reverse_sql="ALTER TABLE messages DROP CONSTRAINT messages_expire_as_sealed",
        ),
        # What is stored stays as it is, but that a message whose time is over becomes its tombstone, once and for all.
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION messages_only_expire() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF (NEW.envelope, NEW.expires_at) IS NOT DISTINCT FROM (OLD.envelope, OLD.expires_at)
                        OR (OLD.expires_at <= clock_timestamp() AND NEW.expires_at IS NULL
                            AND NEW.envelope = message_tombstone(OLD.envelope)) THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'messages_only_expire: a stored message changes into its tombstone, when its time is over, or not at all'
                        USING ERRCODE = 'check_violation';
                END $$;
                CREATE TRIGGER messages_only_expire BEFORE UPDATE OF envelope, expires_at ON messages
                    FOR EACH ROW EXECUTE FUNCTION messages_only_expire();
            """,
            reverse_sql="""
                DROP TRIGGER messages_only_expire ON messages;
                DROP FUNCTION messages_only_expire();
            """,
        ),
    ]
