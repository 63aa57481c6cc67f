import { Home } from "./home/home.tsx";
import { RfcPage } from "./rfc-page.tsx";
import { navigate, useRoute } from "./router.ts";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { Notice } from "./ui/notice.tsx";

export function App() {
  const route = useRoute();
  return (
    <ErrorBoundary>
      {route.page === "home" && <Home />}
      {route.page === "rfc" && (
        <RfcPage key={route.slug} slug={route.slug} threadId={route.threadId} />
      )}
      {route.page === "unknown" && (
        <main class="page">
          <Notice kind="problem">There is nothing at this address.</Notice>
          <button type="button" onClick={() => navigate("/")}>
            To all RFCs
          </button>
        </main>
      )}
    </ErrorBoundary>
  );
}
