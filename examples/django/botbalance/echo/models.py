from django.db import models


class Echo(models.Model):
    nonce = models.CharField(max_length=64, primary_key=True)
    written_at = models.DateTimeField(auto_now_add=True, db_index=True)
    written_by = models.CharField(max_length=100)
