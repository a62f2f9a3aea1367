export function App() {
  return <main lang="zh-CN">云帆</main>;
}
