from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_marks"),
    ]

    operations = [
        # A message that disappears does so by the time in its header, which is its sender's, and here by the server's: they must agree.
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION messages_clocks_agree() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF abs(('x' || encode(substring(NEW.envelope FROM 151 FOR 8), 'hex'))::bit(64)::bigint
                           - extract(epoch FROM NEW.created_at) * 1000) <= 5 * 60 * 1000 THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'messages_clocks_agree: a message that disappears is dated by a clock that is right'
                        USING ERRCODE = 'check_violation';
                END $$;
                CREATE TRIGGER messages_clocks_agree BEFORE INSERT ON messages
                    FOR EACH ROW WHEN (NEW.expires_at IS NOT NULL) EXECUTE FUNCTION messages_clocks_agree();
            """,
            reverse_sql="""
                DROP TRIGGER messages_clocks_agree ON messages;
                DROP FUNCTION messages_clocks_agree();
            """,
        ),
    ]
