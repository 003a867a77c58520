from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Echo",
            fields=[
                ("nonce", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("written_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("written_by", models.CharField(max_length=100)),
            ],
        ),
    ]
