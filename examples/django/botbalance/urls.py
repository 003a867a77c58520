from django.urls import path

from botbalance.echo.views import EchoView, EchoesView
from botbalance.health.views import detailed, health, live

urlpatterns = [
    path("api/live", live),
    path("api/health", health),
    path("api/health/detailed", detailed),
    path("api/echo", EchoesView.as_view()),
    path("api/echo/<str:nonce>", EchoView.as_view()),
]
handler400 = "botbalance.errors.bad_request"
handler404 = "botbalance.errors.not_found"
handler500 = "botbalance.errors.failed"
